import type { LoadResult, StreamResult } from '../../../reports/load-result.ts'
import { mergeDistributions } from './histogram.ts'

/** What the agents' streams brought, as of one load; nothing where they were no streams. */
export function mergeStreams(results: readonly LoadResult[]): { stream?: StreamResult } {
  const parts = results.flatMap(({ stream }) => stream ?? [])
  const [first] = parts
  if (first === undefined) return {}
  const { oneWayDelay: _, ...shared } = first
  const sum = (of: (part: StreamResult) => number) => parts.reduce((total, part) => total + of(part), 0)
  const durationMs = Math.max(...results.map((result) => result.durationMs))
  const bits = results.reduce((total, { stream, durationMs }) => total + (stream?.bitsPerSecond ?? 0) * durationMs, 0)
  const delays = parts.flatMap(({ oneWayDelay }) => oneWayDelay ?? [])
  const received = sum(({ datagrams }) => datagrams?.received ?? 0)
  const jittered = parts.every(({ jitterUs }) => jitterUs !== null) && received > 0
  return {
    stream: {
      ...shared,
      bitsPerSecond: bits / durationMs,
      bytesReceived: sum(({ bytesReceived }) => bytesReceived),
      ...(first.datagrams ? { datagrams: mergeDatagrams(parts) } : {}),
      jitterUs: jittered ? sum((part) => (part.jitterUs ?? 0) * (part.datagrams?.received ?? 0)) / received : null,
      // Where one of them reads another clock, the delays of the others are not those of the load.
      ...(delays.length === parts.length ? { oneWayDelay: mergeDistributions(delays) } : {}),
    },
  }
}

function mergeDatagrams(parts: readonly StreamResult[]): NonNullable<StreamResult['datagrams']> {
  const sum = (field: keyof NonNullable<StreamResult['datagrams']>) =>
    parts.reduce((total, { datagrams }) => total + (datagrams?.[field] ?? 0), 0)
  return {
    sent: sum('sent'),
    received: sum('received'),
    lost: sum('lost'),
    reordered: sum('reordered'),
    duplicate: sum('duplicate'),
  }
}
