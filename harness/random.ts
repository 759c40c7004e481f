/**
 * Seeded uniform numbers in [0, 1): Chris Doty-Humphrey's sfc32 (PractRand), the same sequence everywhere.
 * Order, schedules and statistics draw from it so that a seed repeats a run.
 */
export function seededRandom(seed: number): () => number {
  let a = seed >>> 0
  let b = Math.floor(seed / 2 ** 32) >>> 0
  let c = 0x9e3779b9
  let counter = 1
  const next = () => {
    const t = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + t
    c |= 0
    return (t >>> 0) / 2 ** 32
  }
  // The first outputs of neighbouring seeds are alike.
  for (let i = 0; i < 15; i++) next()
  return next
}
