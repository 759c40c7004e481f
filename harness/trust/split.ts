import type { Sample } from '../verdict/samples.ts'

/** Deals the requests of a sample at random into two halves; of an odd number the second has one more. */
export function splitSample({ values, counts, total }: Sample, random: () => number): [Sample, Sample] {
  const halves = [new Float64Array(values.length), new Float64Array(values.length)] as const
  let [open, left] = [Math.floor(total / 2), total]
  for (let i = 0; i < values.length; i++)
    for (let n = counts[i] as number; n > 0; n--, left--) {
      // Each way to choose the first half is as likely as any other (Knuth, TAOCP 2, 3.4.2, algorithm S).
      const first = random() * left < open
      if (first) open--
      const half = halves[first ? 0 : 1]
      half[i] = (half[i] as number) + 1
    }
  const half = (own: Float64Array): Sample => {
    const all = own.reduce((sum, count) => sum + count, 0)
    const sumUs = own.reduce((sum, count, i) => sum + count * (values[i] as number), 0)
    return { values, counts: own, total: all, meanUs: sumUs / all }
  }
  return [half(halves[0]), half(halves[1])]
}
