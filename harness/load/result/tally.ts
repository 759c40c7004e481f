import { grpcErrorKinds } from '../protocols/grpc-status.ts'
import { bucketCount, Recorder } from './recorder.ts'
import type { Samples } from './samples.ts'

export const errorKinds = [
  'connect',
  'tls',
  'timeout',
  'closed',
  'reset',
  'protocol',
  'http_4xx',
  'http_5xx',
  'unsent',
  'shed',
  ...grpcErrorKinds,
] as const
/**
 * connect: no connection could be had. tls: it could be had, and one side did not accept the other's handshake.
 * timeout: sent, but no reply in time. closed: the peer closed before the reply ended.
 * reset: the peer ended this one request of a connection. protocol: nothing that the protocol allows. unsent: connections there
 * were, but none became free in time. shed: given up because more arrivals waited than the load's backlog holds. grpc_…: the
 * status that a call ended with.
 */
export type ErrorKind = (typeof errorKinds)[number]

const recorderNames = ['latency', 'serviceTime', 'connectionWait', 'sendLag', 'firstMessage'] as const
const counterNames = [
  /** Arrivals of an open loop. */
  'scheduled',
  'sent',
  'replies',
  /** Requests that ended without a reply. */
  'unanswered',
  /** Replies to requests that were sent before the measured part ended. */
  'onTime',
  'bytes',
  /** Of the replies that ended: messages of streams, tokens. */
  'messages',
  /** Since the measured part began. */
  'lastReplyNs',
  'busyNs',
  /** How far the thread is behind its schedule: since when its next arrival is due. */
  'behindNs',
  /** What was due before this moment has ended, in nanoseconds of the loop's clock. */
  'settledNs',
  /** When the thread's measured part ended before its time, since it began; 0 when it did not. */
  'endNs',
  /** The thread's garbage collections. */
  'gcPauses',
  'gcNs',
  'gcLongestNs',
  /** How late a timer was in the thread, and how often that was looked at. */
  'loopLags',
  'loopLagP99Ns',
  'loopLagLongestNs',
  /** Counted from the start of the thread on, before the load too, and all in the measured part's counters. */
  'connections',
  'fullHandshakes',
  'resumedHandshakes',
  /** Connections that are kept: how many were to be had, were had, and were open at the end. */
  'keptAsked',
  'keptHad',
  'keptOpen',
  /** Replies that no request waited for, as far as they were noticed, and the requests that another's reply may have answered. */
  'surplus',
  'doubtful',
] as const
type CounterName = (typeof counterNames)[number] | ErrorKind

/** Where each counter is in `Part.counters`. */
export const at = Object.fromEntries([...counterNames, ...errorKinds].map((name, i) => [name, i])) as Record<
  CounterName,
  number
>
/** Where the connections are that failed, by kind. Counted as connections are. */
export const connectionsAt = Object.fromEntries(
  errorKinds.map((kind, i) => [kind, counterNames.length + errorKinds.length + i]),
) as Record<ErrorKind, number>
const counters = counterNames.length + 2 * errorKinds.length

const recorderBytes = bucketCount * Uint32Array.BYTES_PER_ELEMENT
const countersOffset = recorderNames.length * recorderBytes
const partBytes = countersOffset + counters * Float64Array.BYTES_PER_ELEMENT
/** Of the words about a kind of error. */
const wordsBytes = 256

/** Where the words about a kind of error begin. */
const placeOf = (kind: ErrorKind) => (at[kind] - counterNames.length) * wordsBytes

/** Words of a server may be for a terminal, not for people. */
const harmless = (words: string) => words.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')

/** What was measured in one part of the load. */
export class Part {
  readonly latency: Recorder<Uint32Array>
  readonly serviceTime: Recorder<Uint32Array>
  readonly connectionWait: Recorder<Uint32Array>
  readonly sendLag: Recorder<Uint32Array>
  /** From the intended start to the first message of a reply that has several. */
  readonly firstMessage: Recorder<Uint32Array>
  readonly counters: Float64Array

  constructor(memory: SharedArrayBuffer, offset: number) {
    const recorder = (name: (typeof recorderNames)[number]) =>
      new Recorder(new Uint32Array(memory, offset + recorderNames.indexOf(name) * recorderBytes, bucketCount))
    this.latency = recorder('latency')
    this.serviceTime = recorder('serviceTime')
    this.connectionWait = recorder('connectionWait')
    this.sendLag = recorder('sendLag')
    this.firstMessage = recorder('firstMessage')
    this.counters = new Float64Array(memory, offset + countersOffset, counters)
  }

  add(counter: number, amount: number): void {
    this.counters[counter] = (this.counters[counter] as number) + amount
  }

  /** The kind first: a reader in between is to see no request that ended well. */
  error(kind: ErrorKind): void {
    this.add(at[kind], 1)
    this.add(at.unanswered, 1)
  }
}

/**
 * What one thread measures. It is in shared memory, so that reading it each second costs that thread nothing. The warm-up is
 * measured in full, if only to be dropped: code that runs first when it matters is compiled when it matters, which took 8 ms.
 */
export class Tally {
  readonly memory: SharedArrayBuffer
  readonly warmUp: Part
  readonly measured: Part
  /** Each request of the measured part by itself, where the load is measured by units. */
  readonly samples: Samples | undefined
  readonly #parts: readonly Part[]
  readonly #words: Buffer

  constructor(memory = new SharedArrayBuffer(2 * partBytes + errorKinds.length * wordsBytes), samples?: Samples) {
    this.memory = memory
    this.samples = samples
    this.warmUp = new Part(memory, 0)
    this.measured = new Part(memory, partBytes)
    this.#parts = [this.warmUp, this.measured]
    this.#words = Buffer.from(memory, 2 * partBytes)
  }

  /** Keeps the first words about a kind of error. */
  noteWords(kind: ErrorKind, words: string): void {
    if (!this.hasWords(kind)) this.#words.write(harmless(words), placeOf(kind), wordsBytes)
  }

  hasWords(kind: ErrorKind): boolean {
    return this.#words[placeOf(kind)] !== 0
  }

  /** Those words; empty when there are none. */
  words(kind: ErrorKind): string {
    const words = this.#words.subarray(placeOf(kind), placeOf(kind) + wordsBytes)
    const end = words.indexOf(0)
    return words.toString('utf8', 0, end < 0 ? wordsBytes : end)
  }

  /** An index and no branch, for the same reason: a branch is compiled when it is first taken. */
  part(measured: boolean): Part {
    return this.#parts[Number(measured)] as Part
  }
}
