/** The little of Protocol Buffers that a small server needs: messages of whole numbers, strings, bytes and messages. */

const wireTypes = { varint: 0, eight: 1, bytes: 2, four: 5 } as const

export function uint(field: number, value: number): Buffer {
  return Buffer.from([...varint(field * 8 + wireTypes.varint), ...varint(value)])
}

/** A string, bytes, or a message in its encoding. */
export function bytes(field: number, value: string | Uint8Array): Buffer {
  const content = Buffer.from(value)
  return Buffer.concat([Buffer.from([...varint(field * 8 + wireTypes.bytes), ...varint(content.length)]), content])
}

export const message = (field: number, ...parts: Buffer[]) => bytes(field, Buffer.concat(parts))

function varint(value: number): number[] {
  const out: number[] = []
  let rest = value
  for (; rest >= 128; rest = Math.floor(rest / 128)) out.push(128 + (rest % 128))
  out.push(rest)
  return out
}

/** The fields of a message by number; of one that comes more than once, the last. Throws an Error when it is none. */
export function read(encoded: Buffer): Map<number, number | Buffer> {
  const fields = new Map<number, number | Buffer>()
  let at = 0
  const next = () => {
    let value = 0
    for (let factor = 1; factor < 2 ** 70; factor *= 128) {
      const byte = encoded[at++]
      if (byte === undefined) throw new Error('a message ends within a number')
      value += (byte & 0x7f) * factor
      if (byte < 0x80) return value
    }
    throw new Error('a number is too long')
  }
  const take = (length: number) => {
    at += length
    if (at > encoded.length) throw new Error('a message ends within a field')
    return encoded.subarray(at - length, at)
  }
  while (at < encoded.length) {
    const key = next()
    const field = Math.floor(key / 8)
    const wireType = key % 8
    if (wireType === wireTypes.varint) fields.set(field, next())
    else if (wireType === wireTypes.bytes) fields.set(field, take(next()))
    else if (wireType === wireTypes.eight) take(8)
    else if (wireType === wireTypes.four) take(4)
    else throw new Error(`wire type ${wireType} is not known`)
  }
  return fields
}
