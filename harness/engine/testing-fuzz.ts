/** How many malformed replies of each protocol the fuzz tests try. Their seeds are fixed: more of them begin with the same ones. */
export const malformedReplies = Number(process.env.MESHMARK_FUZZ ?? 10_000)

/** What so many may take: a test that hangs is to end all the same. */
export const fuzzTimeoutMs = 30_000 + 6 * malformedReplies
