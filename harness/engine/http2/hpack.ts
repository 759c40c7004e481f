/** The part of RFC 7541 for a client that keeps no dynamic table itself and fills its peer's once. */

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
/** Names further down in the table that requests use. */
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
const withIndexing = 0x40
/** Where the dynamic table begins, its latest entry first (RFC 7541 section 2.3.3). */
const firstDynamic = 62
/** Added to the bytes of each entry (section 4.1). */
const entryBytes = 32

type Headers = Iterable<readonly [string, string]>

/** A header block that serves each request alike: static entries, and literals that no table is to keep. */
export function encodeHeaders(headers: Headers): Buffer {
  return Buffer.concat([...headers].map(([name, value]) => staticField(name, value) ?? literal(name, value, false)))
}

/**
 * Two header blocks with the same fields: `first` has the peer keep them in its table, which has to be empty; `later` refers to
 * those entries, which take `tableBytes`.
 */
export function keptHeaders(headers: Headers): { first: Buffer; later: Buffer; tableBytes: number } {
  const all = [...headers]
  const kept = all.filter(([name, value]) => staticField(name, value) === null)
  const latest = firstDynamic + kept.length - 1
  let n = 0
  return {
    first: Buffer.concat(all.map(([name, value]) => staticField(name, value) ?? literal(name, value, true))),
    later: Buffer.concat(all.map(([name, value]) => staticField(name, value) ?? integer(latest - n++, 7, indexed))),
    tableBytes: kept.reduce((sum, field) => sum + Buffer.byteLength(field.join('')) + entryBytes, 0),
  }
}

/** Precedes the next block once the peer's table has become smaller: we stop using it (section 6.3). */
export const tableUnused = Buffer.of(0x20)

function staticField(name: string, value: string): Buffer | null {
  const whole = staticFields.findIndex(([n, v]) => n === name && v === value) + 1
  return whole > 0 ? integer(whole, 7, indexed) : null
}

function literal(name: string, value: string, kept: boolean): Buffer {
  const index = staticNames[name] ?? staticFields.findIndex(([n]) => n === name) + 1
  const start = kept ? integer(index, 6, withIndexing) : integer(index, 4, withoutIndexing)
  return Buffer.concat([start, ...(index === 0 ? [text(name)] : []), text(value)])
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value)
  return Buffer.concat([integer(bytes.length, 7, 0), bytes])
}

/** An integer with a prefix of `prefixBits` (RFC 7541 section 5.1), after the bits of `pattern`. */
export function integer(value: number, prefixBits: number, pattern: number): Buffer {
  const limit = 2 ** prefixBits - 1
  if (value < limit) return Buffer.of(pattern | value)
  const bytes = [pattern | limit]
  let rest = value - limit
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push(128 + (rest % 128))
  bytes.push(rest)
  return Buffer.from(bytes)
}
