import { z } from 'zod'

const msPerUnit = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

/** A duration with its unit, such as "500ms", "10s", "1.5m"; returns milliseconds. */
export const duration = z
  .string({ error: 'a duration with a unit, e.g. "500ms", "10s", "2m"' })
  .transform((text, context) => {
    const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text.trim())
    const ms = match ? Number(match[1]) * msPerUnit[match[2] as keyof typeof msPerUnit] : Number.NaN
    if (ms > 0 && ms <= 24 * msPerUnit.h) return ms
    context.addIssue({
      code: 'custom',
      message: 'a duration above 0 and up to 24h with a unit, e.g. "500ms", "10s", "2m"',
      input: text,
    })
    return z.NEVER
  })

/** As `duration`, or "0s" for none. */
export const durationOrNone = z.union([duration, z.literal('0s').transform(() => 0)], {
  error: 'a duration with a unit, or "0s" for none',
})

const bitsPerUnit = { bit: 1, kbit: 1e3, Mbit: 1e6, Gbit: 1e9 }
const bitrateForm = 'bits a second with a unit, e.g. "800kbit", "100Mbit", "2.5Gbit"'

/** Bits a second with their unit (decimal), such as "100Mbit", "2.5Gbit"; returns bits a second. */
export const bitrate = z.string({ error: bitrateForm }).transform((text, context) => {
  const match = /^(\d+(?:\.\d+)?)(bit|kbit|Mbit|Gbit)$/.exec(text.trim())
  const bits = match ? Number(match[1]) * bitsPerUnit[match[2] as keyof typeof bitsPerUnit] : Number.NaN
  if (bits > 0 && bits <= 1e12) return bits
  context.addIssue({ code: 'custom', message: `${bitrateForm}, above 0 and up to 1000Gbit`, input: text })
  return z.NEVER
})
