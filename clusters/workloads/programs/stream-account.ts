import { build, encodeIntoCompressedBase64, type JsHistogram } from 'hdr-histogram-js'
import type { ReceivedDatagrams, StreamAccount } from '../stream-wire.ts'

/** A copy is told apart from a late datagram up to so many sequences back. A power of two. */
const window = 1024
const longestDelayNs = 60e9

/** Where each number of a stream is. Typed, so that storing one allocates nothing. */
const at = {
  next: 0,
  received: 1,
  bytes: 2,
  reordered: 3,
  duplicate: 4,
  transit: 5,
  jitter: 6,
  jitterSum: 7,
  jitterCount: 8,
} as const
const fields = Object.keys(at).length

/** The datagrams of one stream, in one part of its load. */
class StreamTrack {
  readonly numbers = new Float64Array(fields)
  readonly #seen = new Float64Array(window).fill(-1)

  /** Counts a datagram. Returns false when it is a copy of one that was counted. */
  take(sequence: number, sentNs: number, bytes: number, nowNs: number): boolean {
    const numbers = this.numbers
    const place = sequence & (window - 1)
    const next = numbers[at.next] as number
    if (sequence >= next) numbers[at.next] = sequence + 1
    else if (this.#seen[place] === sequence) {
      numbers[at.duplicate] = (numbers[at.duplicate] as number) + 1
      return false
    } else numbers[at.reordered] = (numbers[at.reordered] as number) + 1
    if (sequence >= next - window) this.#seen[place] = sequence
    const transit = nowNs - sentNs
    if ((numbers[at.received] as number) > 0) {
      const change = Math.abs(transit - (numbers[at.transit] as number))
      const jitter = (numbers[at.jitter] as number) + (change - (numbers[at.jitter] as number)) / 16
      numbers[at.jitter] = jitter
      numbers[at.jitterSum] = (numbers[at.jitterSum] as number) + jitter
      numbers[at.jitterCount] = (numbers[at.jitterCount] as number) + 1
    }
    numbers[at.transit] = transit
    numbers[at.received] = (numbers[at.received] as number) + 1
    numbers[at.bytes] = (numbers[at.bytes] as number) + bytes
    return true
  }
}

/** The datagrams of one part of a load. */
class DatagramPart {
  readonly #streams: StreamTrack[] = []
  readonly #delays = build({
    bitBucketSize: 32,
    lowestDiscernibleValue: 1,
    highestTrackableValue: longestDelayNs,
    numberOfSignificantValueDigits: 3,
  }) as JsHistogram
  /** First and last receipt. */
  readonly #times = Float64Array.of(-1, -1)

  take(stream: number, sequence: number, sentNs: number, bytes: number, nowNs: number): void {
    let track = this.#streams[stream]
    if (track === undefined) {
      track = new StreamTrack()
      this.#streams[stream] = track
    }
    if (!track.take(sequence, sentNs, bytes, nowNs)) return
    // Where clocks are not shared the difference has no meaning, and nobody reads it.
    const delay = nowNs - sentNs
    this.#delays.recordValue(delay > 1 ? (delay < longestDelayNs ? Math.round(delay) : longestDelayNs) : 1)
    if ((this.#times[0] as number) < 0) this.#times[0] = nowNs
    this.#times[1] = nowNs
  }

  read(withDelays: boolean): ReceivedDatagrams {
    const tracks = this.#streams.filter((track) => track !== undefined).map(({ numbers }) => numbers)
    const sum = (field: number) => tracks.reduce((total, numbers) => total + (numbers[field] as number), 0)
    const jitters = tracks.flatMap((numbers) => {
      const count = numbers[at.jitterCount] as number
      return count > 0 ? [(numbers[at.jitterSum] as number) / count / 1000] : []
    })
    const [first, last] = this.#times as unknown as [number, number]
    return {
      received: sum(at.received),
      bytes: sum(at.bytes),
      reordered: sum(at.reordered),
      duplicate: sum(at.duplicate),
      firstNs: first < 0 ? null : first,
      lastNs: last < 0 ? null : last,
      jitterUs: jitters.length > 0 ? jitters.reduce((total, jitter) => total + jitter, 0) / jitters.length : null,
      ...(withDelays ? { delays: encodeIntoCompressedBase64(this.#delays) } : {}),
    }
  }
}

/** What was received of one load. */
export class LoadAccount {
  /** By kind of datagram. */
  readonly #parts: readonly DatagramPart[] = [new DatagramPart(), new DatagramPart()]
  readonly #lastByteNs = Float64Array.of(-1)
  #connections = 0
  #bytes = 0

  connected(): void {
    this.#connections++
  }

  takeBytes(bytes: number, nowNs: number): void {
    this.#bytes += bytes
    this.#lastByteNs[0] = nowNs
  }

  takeDatagram(kind: number, stream: number, sequence: number, sentNs: number, bytes: number, nowNs: number): void {
    this.#parts[kind]?.take(stream, sequence, sentNs, bytes, nowNs)
  }

  read(withDelays: boolean): Pick<StreamAccount, 'tcp'> & { warmUp: ReceivedDatagrams; measured: ReceivedDatagrams } {
    const [warmUp, measured] = this.#parts as [DatagramPart, DatagramPart]
    const lastNs = this.#lastByteNs[0] as number
    return {
      tcp: { connections: this.#connections, bytes: this.#bytes, lastNs: lastNs < 0 ? null : lastNs },
      warmUp: warmUp.read(false),
      measured: measured.read(withDelays),
    }
  }
}
