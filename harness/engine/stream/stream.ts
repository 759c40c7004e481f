import { datagramKinds, segmentHeader } from '../../../clusters/workloads/stream-wire.ts'
import type { Share } from '../protocol.ts'

/** One of a load's parallel streams. */
export interface SegmentStream {
  /** Its number among those of all agents and threads. */
  readonly number: number
  /** Opens it. Rejects with an Error that says why it could not. */
  open(limitMs: number): Promise<void>
  /** Whether it takes another segment at once. */
  readonly free: boolean
  /** Why it came to an end before its time; null while it has not. */
  readonly broken: string | null
  /** Called when it takes segments again, and when it breaks. */
  onChange: () => void
  send(measured: boolean, sequence: number, sentNs: number): void
  /** Waits until what was sent has left, for `limitMs` at most, and closes it. */
  close(limitMs: number): Promise<void>
}

/** The numbers of a thread's streams: every `threads`-th of all. */
export function streamsOf({ spec, thread, threads }: Share): number[] {
  const own = Math.ceil((spec.connections - thread) / threads)
  return Array.from({ length: own }, (_, i) => thread + i * threads)
}

/** A segment with its header, kept to be sent over and over. */
export class Segment {
  readonly bytes: Buffer
  readonly #words: Uint32Array
  readonly #numbers: Float64Array

  constructor(load: number, stream: number, length: number) {
    const whole = new ArrayBuffer(length)
    this.bytes = Buffer.from(whole)
    this.#words = new Uint32Array(whole, 0, 4)
    this.#numbers = new Float64Array(whole, segmentHeader.offset.sequence, 2)
    this.#words.set([segmentHeader.magic, load, stream, datagramKinds.warmUp])
  }

  stamp(kind: number, sequence: number, sentNs: number): void {
    this.#words[3] = kind
    this.#numbers[0] = sequence
    this.#numbers[1] = sentNs
  }
}
