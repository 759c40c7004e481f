import type { Generator } from '../../../reports/load-result.ts'
import { at, type Tally } from './tally.ts'

/** What the threads' watches have seen: pauses are of all threads, and each figure of lag is the worst thread's. */
export function generatorOf(tallies: readonly Tally[]): Generator {
  const each = (counter: number) => tallies.map(({ measured: { counters } }) => counters[counter] as number)
  const sum = (counter: number) => each(counter).reduce((total, value) => total + value, 0)
  const mostMs = (counter: number) => Math.max(...each(counter)) / 1e6
  const lagging = each(at.loopLags).every((count) => count > 0)
  return {
    gcPauses: sum(at.gcPauses),
    gcPauseMsTotal: sum(at.gcNs) / 1e6,
    gcPauseMsMax: mostMs(at.gcLongestNs),
    eventLoopLagMsP99: lagging ? mostMs(at.loopLagP99Ns) : null,
    eventLoopLagMsMax: lagging ? mostMs(at.loopLagLongestNs) : null,
  }
}
