import protobuf from 'protobufjs/minimal.js'

/** Messages field by field, as a small server needs them: whole numbers, strings, bytes and messages. */

/** The fields of a message in their order. A number is a varint; a string, bytes, a message or packed numbers are a Buffer. */
export type Fields = readonly (readonly [field: number, value: number | Buffer])[]

const wireTypes = { varint: 0, bytes: 2 } as const
const { Reader, Writer } = protobuf

const begun = (field: number, wireType: number) => Writer.create().uint32((field << 3) | wireType)
// In Node.js the library's writer makes Buffers, and its reader cuts them.
const finished = (writer: protobuf.Writer) => writer.finish() as Buffer

export const uintField = (field: number, value: number): Buffer =>
  finished(begun(field, wireTypes.varint).uint64(value))

/** A string, bytes, or an encoded message. */
export function bytesField(field: number, value: string | Uint8Array): Buffer {
  const writer = begun(field, wireTypes.bytes)
  return finished(typeof value === 'string' ? writer.string(value) : writer.bytes(value))
}

export const messageField = (field: number, ...parts: Buffer[]) => bytesField(field, Buffer.concat(parts))

/** Whole numbers in a row, as int64. */
export const packedField = (field: number, values: readonly number[]) =>
  bytesField(field, finished(values.reduce((writer, value) => writer.int64(value), Writer.create())))

/** All numbers of a repeated field, packed or not. Throws an Error when they are malformed. */
export function numbersOf(fields: Fields, wanted: number): number[] {
  return fields.flatMap(([field, value]) => {
    if (field !== wanted) return []
    if (typeof value === 'number') return [value]
    const reader = Reader.create(value)
    const numbers: number[] = []
    while (reader.pos < reader.len) numbers.push(readNumber(reader))
    return numbers
  })
}

/** Throws an Error when the message is malformed. */
export function readFields(encoded: Buffer): Fields {
  const fields: [number, number | Buffer][] = []
  const reader = Reader.create(encoded)
  while (reader.pos < reader.len) {
    const tag = reader.uint32()
    const field = tag >>> 3
    const wireType = tag & 7
    if (wireType === wireTypes.varint) fields.push([field, readNumber(reader)])
    else if (wireType === wireTypes.bytes) fields.push([field, reader.bytes() as Buffer])
    else reader.skipType(wireType)
  }
  return fields
}

/** Of a number above 2^53 the last digits are lost. A negative one is 2^64 more here: too large for any field of ours. */
function readNumber(reader: protobuf.Reader): number {
  const { high, low } = reader.uint64()
  return (high >>> 0) * 2 ** 32 + (low >>> 0)
}
