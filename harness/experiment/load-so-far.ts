import type { LoadResult, Unit } from '../../reports/load-result.ts'
import { notMeasured } from '../load/result/histogram.ts'

/** A load that has not ended, by its units alone. */
export function loadSoFar(units: Unit[]): LoadResult {
  const requests = units.reduce((sum, unit) => sum + unit.requests, 0)
  const errors: Record<string, number> = {}
  for (const unit of units) for (const [kind, n] of Object.entries(unit.errors)) errors[kind] = (errors[kind] ?? 0) + n
  return {
    ...{ targetRate: null, achievedRate: 0, requests, warmUpRequests: 0, errors },
    ...{ latency: notMeasured, serviceTime: notMeasured, connectionWait: notMeasured, sendLag: notMeasured },
    ...{ cpuUsPerRequest: null, busyShare: null, bytesReceived: null, durationMs: 0, timeline: [] },
    units,
    validity: { valid: true, reasons: [] },
  }
}
