const maxBlockBytes = 65_536

/** A header block that goes on in CONTINUATION. */
export class HeaderBlock {
  /** The stream that it is of; 0 while there is none. */
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

  /** False when it is larger than any we read. */
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
