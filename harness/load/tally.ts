import { bucketCount, Recorder } from './histogram.ts'

export const errorKinds = ['connect', 'timeout', 'closed', 'protocol', 'http_4xx', 'http_5xx', 'unsent'] as const
/**
 * connect: no connection could be had. timeout: sent, but no reply in time. closed: the peer closed before the reply ended.
 * protocol: no HTTP/1.x. unsent: connections there were, but none became free in time.
 */
export type ErrorKind = (typeof errorKinds)[number]

const recorderNames = ['latency', 'serviceTime', 'connectionWait', 'sendLag', 'warmUpLatency'] as const
const counterNames = [
  /** Arrivals of an open loop's measured part. */
  'scheduled',
  /** Those of them that left before the measured part ended, and got a reply. */
  'onTime',
  'requests',
  'replies',
  'bytes',
  'lastReplyNs',
  'busyNs',
  'warmUpSent',
  'warmUpEnded',
  'warmUpErrors',
] as const
type CounterName = (typeof counterNames)[number] | ErrorKind

const allCounters: readonly CounterName[] = [...counterNames, ...errorKinds]
/** Where each counter is in `Tally.counters`. */
export const at = Object.fromEntries(allCounters.map((name, i) => [name, i])) as Record<CounterName, number>

const recordersBytes = recorderNames.length * bucketCount * Uint32Array.BYTES_PER_ELEMENT

/** What one thread measures. It is in shared memory, so that reading it each second costs that thread nothing. */
export class Tally {
  readonly memory: SharedArrayBuffer
  readonly latency: Recorder
  readonly serviceTime: Recorder
  readonly connectionWait: Recorder
  readonly sendLag: Recorder
  readonly warmUpLatency: Recorder
  readonly counters: Float64Array

  constructor(memory = new SharedArrayBuffer(recordersBytes + allCounters.length * Float64Array.BYTES_PER_ELEMENT)) {
    const recorder = (name: (typeof recorderNames)[number]) =>
      new Recorder(new Uint32Array(memory, recorderNames.indexOf(name) * bucketCount * 4, bucketCount))
    this.memory = memory
    this.latency = recorder('latency')
    this.serviceTime = recorder('serviceTime')
    this.connectionWait = recorder('connectionWait')
    this.sendLag = recorder('sendLag')
    this.warmUpLatency = recorder('warmUpLatency')
    this.counters = new Float64Array(memory, recordersBytes)
  }

  add(counter: number, amount: number): void {
    this.counters[counter] = (this.counters[counter] as number) + amount
  }
}
