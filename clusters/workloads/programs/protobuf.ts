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

/** Whole numbers in a row, of which those below 0 take ten bytes. */
export const packed = (field: number, values: readonly number[]) => bytes(field, Buffer.from(values.flatMap(varint)))

/** All numbers of a repeated field, packed or not. Throws an Error when they are none. */
export function numbersOf(fields: readonly [number, number | Buffer][], wanted: number): number[] {
  return fields.flatMap(([field, value]) => {
    if (field !== wanted) return []
    if (typeof value === 'number') return [value]
    const numbers: number[] = []
    for (let at = 0; at < value.length; ) {
      const next = readVarint(value, at)
      numbers.push(next.value)
      at = next.end
    }
    return numbers
  })
}

function readVarint(encoded: Buffer, from: number): { value: number; end: number } {
  let value = 0
  let at = from
  for (let factor = 1; factor < 2 ** 70; factor *= 128) {
    const byte = encoded[at++]
    if (byte === undefined) throw new Error('a message ends within a number')
    value += (byte & 0x7f) * factor
    if (byte < 0x80) return { value, end: at }
  }
  throw new Error('a number is too long')
}

function varint(value: number): number[] {
  // Two's complement in 64 bits.
  if (value < 0) {
    const whole = BigInt.asUintN(64, BigInt(value))
    return Array.from({ length: 10 }, (_, i) => Number((whole >> BigInt(7 * i)) & 0x7fn) | (i < 9 ? 128 : 0))
  }
  const out: number[] = []
  let rest = value
  for (; rest >= 128; rest = Math.floor(rest / 128)) out.push(128 + (rest % 128))
  out.push(rest)
  return out
}

/** The fields of a message by number; of one that comes more than once, the last. Throws an Error when it is none. */
export const read = (encoded: Buffer): Map<number, number | Buffer> => new Map(readAll(encoded))

/** The fields of a message in their order, each as often as it comes. Throws an Error when it is none. */
export function readAll(encoded: Buffer): [field: number, value: number | Buffer][] {
  const fields: [number, number | Buffer][] = []
  let at = 0
  const next = () => {
    const { value, end } = readVarint(encoded, at)
    at = end
    return value
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
    if (wireType === wireTypes.varint) fields.push([field, next()])
    else if (wireType === wireTypes.bytes) fields.push([field, take(next())])
    else if (wireType === wireTypes.eight) take(8)
    else if (wireType === wireTypes.four) take(4)
    else throw new Error(`wire type ${wireType} is not known`)
  }
  return fields
}
