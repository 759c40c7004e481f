import { z } from 'zod'
import { largestDatagramBytes, segmentHeader } from '../../../clusters/workloads/stream-wire.ts'
import { fields } from '../../config.ts'
import { bitrate } from '../../units.ts'
import type { StreamFields } from '../plan.ts'
import { defaultSegmentBytes } from '../protocols/limits.ts'

const largestWriteBytes = 16 << 20
const mostSegmentsPerSecond = 10_000_000

const receiverForm = 'an http URL of a host and port alone, e.g. http://127.0.0.1:8080/'
/** Nothing else of it would be used, and a user's password would be in the record. */
const isPlace = (text: string) => URL.canParse(text) && new URL(text).href === `${new URL(text).origin}/`

/** The part of a load that is about streams, protocols tcp and udp. */
export const streamFields = fields({
  /** Payload of all streams together. Absent: as fast as it goes, TCP alone. */
  bitrate: bitrate.optional(),
  /** Payload of a datagram, or bytes of a TCP write. Absent: 1472 of UDP, 131072 of TCP. */
  segmentBytes: z
    .int({ error: `a whole number from ${segmentHeader.bytes} to ${largestWriteBytes}` })
    .min(segmentHeader.bytes, `at least ${segmentHeader.bytes}, the header`)
    .max(largestWriteBytes, `at most ${largestWriteBytes}`)
    .optional(),
  /** Where the receiver is asked what arrived. Absent: port 8080 of the target's host. */
  receiver: z
    .url({ protocol: /^http$/, error: receiverForm })
    .refine(isPlace, { error: receiverForm })
    .optional(),
}).transform(({ bitrate, ...stream }) => ({ ...stream, ...(bitrate && { bitsPerSecond: bitrate }) }))

/** Fields that are about requests, which streams have none of. */
const ofRequests = [
  ...['rate', 'pacing', 'thinkTime', 'requestsPerConnection', 'stagger', 'maxBacklog', 'maxRequests', 'stopWhen'],
  ...['bodyFile', 'requests'],
] as const

interface Streaming {
  protocol: string
  arrivals?: string | undefined
  stream?: StreamFields | undefined
}

/** What is wrong with a load as far as streams go: path, what was given, what is allowed. */
export function streamIssues(load: Streaming): [string[], unknown, string][] {
  const { protocol, arrivals, stream } = load
  if (protocol !== 'tcp' && protocol !== 'udp')
    return stream === undefined ? [] : [[['stream'], stream, 'only with protocol tcp or udp']]
  const { bitsPerSecond, segmentBytes = defaultSegmentBytes[protocol] } = stream ?? {}
  const issues: [string[], unknown, string][] = []
  for (const field of ofRequests) {
    const given = (load as unknown as Record<string, unknown>)[field]
    const message = field === 'rate' ? 'none of a stream, which has stream.bitrate' : 'only where there are requests'
    if (given !== undefined) issues.push([[field], given, message])
  }
  if (arrivals !== undefined && arrivals !== 'constant') issues.push([['arrivals'], arrivals, 'constant, of a stream'])
  if (protocol === 'udp' && bitsPerSecond === undefined)
    issues.push([
      ['stream', 'bitrate'],
      undefined,
      'needed for UDP, which does not find its speed by itself, e.g. "1Gbit"',
    ])
  if (protocol === 'udp' && segmentBytes > largestDatagramBytes)
    issues.push([
      ['stream', 'segmentBytes'],
      segmentBytes,
      `at most ${largestDatagramBytes}, what a UDP datagram carries`,
    ])
  if (bitsPerSecond !== undefined && bitsPerSecond / (8 * segmentBytes) > mostSegmentsPerSecond)
    issues.push([
      ['stream', 'bitrate'],
      bitsPerSecond,
      `at most ${mostSegmentsPerSecond} segments a second: larger segmentBytes, or less`,
    ])
  return issues
}
