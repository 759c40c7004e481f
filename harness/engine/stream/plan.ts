import type { TargetedPlan } from '../../load/plan.ts'
import { defaultSegmentBytes } from '../../load/protocols/limits.ts'
import { dealt } from '../../load/schedule/schedule.ts'

/** A load of streams, its defaults filled in. */
export interface StreamPlan {
  transport: 'tcp' | 'udp'
  segmentBytes: number
  /** Payload of all agents and streams together; null: as fast as it goes. */
  bitsPerSecond: number | null
  /** URL of the receiver's account. */
  receiver: string
}

export function streamPlanOf({ protocol, stream = {}, url }: TargetedPlan): StreamPlan {
  const transport = protocol as 'tcp' | 'udp'
  return {
    transport,
    segmentBytes: stream.segmentBytes ?? defaultSegmentBytes[transport],
    bitsPerSecond: stream.bitsPerSecond ?? null,
    receiver: stream.receiver ?? `http://${new URL(url).hostname}:8080`,
  }
}

/** Segments a second; null: as fast as it goes. */
export const segmentRate = ({ bitsPerSecond, segmentBytes }: StreamPlan) =>
  bitsPerSecond === null ? null : bitsPerSecond / (8 * segmentBytes)

/** How many segments a rate has in a duration: those at 0, 1/rate, 2/rate, … before its end. */
export const segmentCount = (rate: number, durationNs: number) => Math.ceil((rate * durationNs) / 1e9 - 1e-9)

/** How many segments of a part of the load are the stream's: those whose number is the stream's, modulo `streams`. */
export function ownSegments(rate: number, durationNs: number, stream: number, streams: number): number {
  return dealt(segmentCount(rate, durationNs), { index: stream, of: streams })
}
