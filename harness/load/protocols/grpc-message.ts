import protobuf from 'protobufjs'

/** Encodes a message written as JSON. Throws an Error that names every field that does not fit its type. */
export function encodeMessage(type: protobuf.Type, json: unknown): Buffer {
  const problems: string[] = []
  const plain = plainMessage(type, json, '', problems)
  if (problems.length > 0) throw new Error(problems.join('; '))
  return Buffer.from(type.encode(type.fromObject(plain as Record<string, unknown>)).finish())
}

/** The message with its fields named as in the .proto. JSON may have them in lowerCamelCase. */
function plainMessage(type: protobuf.Type, json: unknown, path: string, problems: string[]): unknown {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    problems.push(`${path || 'message'}: an object, ${type.name}`)
    return {}
  }
  return Object.fromEntries(
    Object.entries(json).map(([key, value]) => {
      const at = path === '' ? key : `${path}.${key}`
      const field = type.fieldsArray.find(({ name }) => name === key || protobuf.util.camelCase(name) === key)
      if (field === undefined) {
        problems.push(
          `${at}: no such field of ${type.name}; one of: ${Object.keys(type.fields).join(', ') || '(none)'}`,
        )
        return [key, value]
      }
      return [field.name, plainField(field.resolve(), value, at, problems)]
    }),
  )
}

function plainField(field: protobuf.Field, value: unknown, path: string, problems: string[]): unknown {
  if (field.repeated) {
    if (Array.isArray(value)) return value.map((one, i) => plainValue(field, one, `${path}.${i}`, problems))
    problems.push(`${path}: a list`)
    return []
  }
  if (!field.map) return plainValue(field, value, path, problems)
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return Object.fromEntries(
      Object.entries(value).map(([key, one]) => [key, plainValue(field, one, `${path}.${key}`, problems)]),
    )
  problems.push(`${path}: an object`)
  return {}
}

function plainValue(field: protobuf.Field, value: unknown, path: string, problems: string[]): unknown {
  const { resolvedType } = field
  if (resolvedType instanceof protobuf.Type) return plainMessage(resolvedType, value, path, problems)
  const wanted =
    resolvedType instanceof protobuf.Enum ? enumProblem(resolvedType, value) : scalarProblem(field.type, value)
  if (wanted !== null) problems.push(`${path}: ${wanted}`)
  return value
}

function enumProblem({ values }: protobuf.Enum, value: unknown): string | null {
  if (typeof value === 'number' ? Number.isInteger(value) : typeof value === 'string' && value in values) return null
  return `one of: ${Object.keys(values).join(', ')}`
}

const wholeBounds: Record<string, [bigint, bigint]> = Object.fromEntries([
  ...['int32', 'sint32', 'sfixed32'].map((type) => [type, [-(2n ** 31n), 2n ** 31n - 1n]]),
  ...['uint32', 'fixed32'].map((type) => [type, [0n, 2n ** 32n - 1n]]),
  ...['int64', 'sint64', 'sfixed64'].map((type) => [type, [-(2n ** 63n), 2n ** 63n - 1n]]),
  ...['uint64', 'fixed64'].map((type) => [type, [0n, 2n ** 64n - 1n]]),
])

/** What a value should be that is not what its type holds; null when it is. */
function scalarProblem(type: string, value: unknown): string | null {
  if (type === 'string') return typeof value === 'string' ? null : 'a string'
  if (type === 'bool') return typeof value === 'boolean' ? null : 'true or false'
  if (type === 'bytes') return typeof value === 'string' && isBase64(value) ? null : 'bytes as base64'
  if (type === 'double' || type === 'float') return typeof value === 'number' ? null : 'a number'
  const [lowest, highest] = wholeBounds[type] as [bigint, bigint]
  // JSON has 64-bit integers as strings.
  const whole = typeof value === 'string' ? /^-?\d+$/.test(value) : Number.isInteger(value)
  const fits = whole && BigInt(value as string | number) >= lowest && BigInt(value as string | number) <= highest
  return fits ? null : `a whole number, ${type}`
}

export const isBase64 = (text: string) =>
  /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/.test(text)
