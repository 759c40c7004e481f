const maxBlockBytes = 262_144

/** A header block that continues in CONTINUATION frames. */
export class HeaderBlock {
  /** The stream that it belongs to; 0 while there is none. */
  id = 0
  /** Whether the reply ends with it. */
  last = false
  #parts: Buffer[] = []
  #bytes = 0

  begin(id: number, last: boolean): void {
    this.id = id
    this.last = last
    this.#parts = []
    this.#bytes = 0
  }

  /** Returns false when the block is larger than we allow. */
  add(bytes: Buffer, from: number, to: number): boolean {
    this.#bytes += to - from
    this.#parts.push(Buffer.from(bytes.subarray(from, to)))
    return this.#bytes <= maxBlockBytes
  }

  end(): Buffer {
    this.id = 0
    return Buffer.concat(this.#parts.splice(0))
  }
}
