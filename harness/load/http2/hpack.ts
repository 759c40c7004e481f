/** What of RFC 7541 a client needs that keeps no dynamic table. */

/** The static table's names, and the values it has for them, from index 1. */
const staticFields: readonly (readonly [string, string?])[] = [
  [':authority'],
  [':method', 'GET'],
  [':method', 'POST'],
  [':path', '/'],
  [':path', '/index.html'],
  [':scheme', 'http'],
  [':scheme', 'https'],
]
/** Names further down that requests use. */
const staticNames: Record<string, number> = {
  accept: 19,
  'accept-encoding': 16,
  authorization: 23,
  'content-length': 28,
  'content-type': 31,
  cookie: 32,
  'user-agent': 58,
}
const withoutIndexing = 0x00
const indexed = 0x80

/** A header block that repeats the same for each request: static entries, and literals that no table is to keep. */
export function encodeHeaders(headers: Iterable<readonly [string, string]>): Buffer {
  const parts: Buffer[] = []
  for (const [name, value] of headers) {
    const whole = staticFields.findIndex(([n, v]) => n === name && v === value) + 1
    if (whole > 0) {
      parts.push(integer(whole, 7, indexed))
      continue
    }
    const index = staticNames[name] ?? staticFields.findIndex(([n]) => n === name) + 1
    parts.push(integer(index, 4, withoutIndexing))
    if (index === 0) parts.push(text(name))
    parts.push(text(value))
  }
  return Buffer.concat(parts)
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value)
  return Buffer.concat([integer(bytes.length, 7, 0), bytes])
}

/** An integer with a prefix of so many bits (RFC 7541 section 5.1), beside the bits of `pattern`. */
export function integer(value: number, prefixBits: number, pattern: number): Buffer {
  const limit = 2 ** prefixBits - 1
  if (value < limit) return Buffer.of(pattern | value)
  const bytes = [pattern | limit]
  let rest = value - limit
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push(128 + (rest % 128))
  bytes.push(rest)
  return Buffer.from(bytes)
}
