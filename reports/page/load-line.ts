import { bitRate, span, whole } from '../numbers.ts'
import { rateWords } from '../rate-words.ts'
import type { RecordedLoad } from '../recorded-load.ts'

/**
 * The load as it was asked for, in one line, at the rate that was fitted to the arms, if one was. The experiment's own seed is shown
 * elsewhere; each trial's comes from it.
 */
export function loadLine(load: RecordedLoad, fittedRate?: number): string {
  if (load.protocol === 'tcp' || load.protocol === 'udp') return streamLine(load)
  const words = rateWords(fittedRate ?? load.rate)
  const { pacing, thinkTimeMs, requestsPerConnection, staggerMs, agents = 1, maxBacklog, maxRequests } = load
  return [
    words === null ? 'closed loop' : `open loop, ${words}, ${load.arrivals} arrivals`,
    `protocol ${load.protocol}`,
    pacing && `pacing ${pacing}`,
    thinkTimeMs && `think time ${rangeWords(thinkTimeMs, span)}`,
    counted(load.connections, 'connection'),
    requestsPerConnection && `requests per connection ${rangeWords(requestsPerConnection, whole)}`,
    staggerMs !== undefined && `stagger ${span(staggerMs)}`,
    counted(load.threads, 'thread'),
    agents > 1 && counted(agents, 'agent'),
    `duration ${span(load.durationMs)}`,
    `warm up ${span(load.warmUpMs)}`,
    load.histograms && 'histograms',
    maxBacklog !== undefined && `max backlog ${whole(maxBacklog)}`,
    maxRequests !== undefined && `max requests ${whole(maxRequests)}`,
    `timeout ${span(load.timeoutMs)}`,
    load.keepAlive ? 'keep alive' : 'no keep alive',
    `method ${load.method}`,
    load.path !== undefined && `path ${load.path}`,
    load.body !== '' && `body ${load.body}`,
    load.tool !== undefined && `tool ${load.tool}`,
  ]
    .filter((part) => typeof part === 'string')
    .join(' · ')
}

const counted = (n: number, what: string) => `${whole(n)} ${what}${n === 1 ? '' : 's'}`

/** One value, or from which to which it is drawn. */
const rangeWords = ({ min, max }: { min: number; max: number }, words: (value: number) => string) =>
  min === max ? words(min) : `${words(min)} to ${words(max)}`

/** "udp · 100 Mbit/s · 1,472-byte segments · 4 streams · duration 6 s · warm up 1 s". */
function streamLine({ protocol, stream = {}, connections, durationMs, warmUpMs }: RecordedLoad): string {
  const { bitsPerSecond, segmentBytes } = stream
  return [
    protocol,
    bitsPerSecond === undefined ? 'as fast as it goes' : bitRate(bitsPerSecond),
    ...(segmentBytes === undefined ? [] : [`${whole(segmentBytes)}-byte segments`]),
    counted(connections, 'stream'),
    `duration ${span(durationMs)}`,
    `warm up ${span(warmUpMs)}`,
  ].join(' · ')
}
