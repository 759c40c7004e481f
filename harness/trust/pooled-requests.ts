import type { Sample } from '../verdict/samples.ts'

/** One-sided, 5 %. */
const critical = 1.645

/**
 * Whether one sample's times are longer than another's by the test that many tools make of all requests: Mann–Whitney with its normal
 * approximation and the correction for ties (Mann & Whitney 1947; Lehmann, Nonparametrics, 1.2). It takes requests for independent, which
 * those of one run are not: here to be compared with.
 */
export function slowerTogether(arm: Sample, over: Sample): boolean {
  const counts = new Map<number, [number, number]>()
  for (const [side, { values, counts: each }] of [arm, over].entries())
    values.forEach((value, i) => {
      const both = counts.get(value) ?? [0, 0]
      both[side] = (both[side] as number) + (each[i] as number)
      counts.set(value, both)
    })
  const [n, m] = [arm.total, over.total]
  let [below, u, ties] = [0, 0, 0]
  for (const [, [mine, theirs]] of [...counts].toSorted(([a], [b]) => a - b)) {
    u += mine * (below + theirs / 2)
    below += theirs
    ties += (mine + theirs) ** 3 - (mine + theirs)
  }
  const all = n + m
  const spread = Math.sqrt(((n * m) / 12) * (all + 1 - ties / (all * (all - 1))))
  return (u - (n * m) / 2) / spread > critical
}
