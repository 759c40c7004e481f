import { monitorEventLoopDelay, type PerformanceEntry, PerformanceObserver } from 'node:perf_hooks'
import { at, type Tally } from '../load/result/tally.ts'

/** Node's monitor is a timer of this period; what it records is the time from one call to the next, the period included. */
const resolutionMs = 10

/**
 * Watches the present thread's garbage collections and event loop in the measured part, whose bounds are in ms of
 * `performance.now()`. Call what it returns when the load has ended: that writes to the tally.
 */
export function watchGenerator(tally: Tally, measuredFromMs: number, measuredToMs: number): () => void {
  const { counters } = tally.measured
  const count = (entries: readonly PerformanceEntry[]) => {
    for (const { startTime, duration } of entries) {
      if (startTime < measuredFromMs || startTime >= measuredToMs) continue
      tally.measured.add(at.gcPauses, 1)
      tally.measured.add(at.gcNs, duration * 1e6)
      counters[at.gcLongestNs] = Math.max(counters[at.gcLongestNs] as number, duration * 1e6)
    }
  }
  const collections = new PerformanceObserver((list) => count(list.getEntries()))
  collections.observe({ entryTypes: ['gc'] })
  const delay = monitorEventLoopDelay({ resolution: resolutionMs })
  const begins = setTimeout(() => delay.enable(), Math.max(0, measuredFromMs - performance.now()))
  return () => {
    clearTimeout(begins)
    count(collections.takeRecords())
    collections.disconnect()
    delay.disable()
    if (delay.count === 0) return
    const lagNs = (delayNs: number) => Math.max(0, delayNs - resolutionMs * 1e6)
    counters[at.loopLags] = delay.count
    counters[at.loopLagP99Ns] = lagNs(delay.percentile(99))
    counters[at.loopLagLongestNs] = lagNs(delay.max)
  }
}
