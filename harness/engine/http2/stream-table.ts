import type { Http2Stream } from './stream.ts'

/** The highest id of the protocol, less those that may be skipped. */
const lastId = 0x7fff_ffff - 8192

/** The streams of a connection whose requests are under way, by the ids that they were given. */
export class StreamTable {
  /** The id of the next request. */
  nextId = 1
  readonly #streams: (Http2Stream | null)[]
  readonly #mask: number

  /** `capacity`: streams at once. */
  constructor(capacity: number) {
    const size = 2 ** Math.ceil(Math.log2(2 * capacity))
    this.#streams = new Array<Http2Stream | null>(size).fill(null)
    this.#mask = size - 1
  }

  /** No id is left for another request: the connection has to be replaced. */
  get exhausted(): boolean {
    return this.nextId > lastId
  }

  /** Gives the stream an id. Ids whose place is still taken by a long reply are skipped, as the protocol allows. */
  add(stream: Http2Stream): void {
    let id = this.nextId
    while (this.#streams[(id >>> 1) & this.#mask] !== null) id += 2
    this.#streams[(id >>> 1) & this.#mask] = stream
    stream.id = id
    this.nextId = id + 2
  }

  get(id: number): Http2Stream | null {
    const stream = this.#streams[(id >>> 1) & this.#mask] as Http2Stream | null
    return stream !== null && stream.id === id ? stream : null
  }

  remove(stream: Http2Stream): void {
    this.#streams[(stream.id >>> 1) & this.#mask] = null
    stream.id = 0
  }

  /** Whether we have opened this stream: the peer may send frames for it. */
  opened(id: number): boolean {
    return (id & 1) === 1 && id < this.nextId
  }
}
