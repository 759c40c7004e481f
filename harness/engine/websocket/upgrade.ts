import { createHash, randomBytes } from 'node:crypto'
import type { Header } from '../../load/headers.ts'
import type { TargetedPlan } from '../../load/plan.ts'
import type { ErrorKind } from '../../load/result/tally.ts'
import { requestBytes } from '../http1/request.ts'

/** RFC 6455 section 1.3. */
const acceptSuffix = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
const maxHeadBytes = 262_144
const known = Buffer.from('HTTP/1.1 ')
const lf = 10
const cr = 13

/** The request of an upgrade, and the `Sec-WebSocket-Accept` that its reply has to carry. */
export interface Upgrade {
  request: Buffer
  accept: string
}

/** Creates one upgrade for all connections of a load: its key only shows that a server speaks the protocol. */
export function createUpgrade(spec: Pick<TargetedPlan, 'url' | 'path' | 'headers'>): Upgrade {
  const key = randomBytes(16).toString('base64')
  const headers: Header[] = [
    ...spec.headers,
    ['Upgrade', 'websocket'],
    ['Connection', 'Upgrade'],
    ['Sec-WebSocket-Version', '13'],
    ['Sec-WebSocket-Key', key],
  ]
  return {
    request: requestBytes(
      { url: spec.url, keepAlive: true },
      { path: spec.path, method: 'GET', headers, body: Buffer.alloc(0) },
    ),
    accept: acceptOf(key),
  }
}

/** The `Sec-WebSocket-Accept` for a key. */
export const acceptOf = (key: string) => createHash('sha1').update(`${key}${acceptSuffix}`).digest('base64')

/** Why an upgrade failed. */
export interface UpgradeRefusal {
  kind: ErrorKind
  reason: string
}

/** Reads the reply to an upgrade from bytes split anywhere. */
export class UpgradeReader {
  /** null while the reply is incomplete, and after an accepted upgrade. */
  refusal: UpgradeRefusal | null = null
  readonly #accept: string
  #kept: Buffer = Buffer.alloc(0)

  constructor(accept: string) {
    this.#accept = accept
  }

  /** Takes the next bytes. Returns how many of them come before the first frame, or −1 when the reply goes on. */
  feed(bytes: Buffer, length: number): number {
    const before = this.#kept.length
    const all = Buffer.concat([this.#kept, bytes.subarray(0, length)])
    let from = 0
    for (let end = endOfHead(all, from); end >= 0 && end - from <= maxHeadBytes; end = endOfHead(all, from)) {
      const head = all.toString('latin1', from, end)
      from = end
      if (isInterim(head)) continue
      this.#kept = Buffer.alloc(0)
      this.refusal = refusalIn(head, this.#accept)
      return end - before
    }
    this.#kept = all.subarray(from)
    const isHttp = this.#kept.subarray(0, known.length).equals(known.subarray(0, this.#kept.length))
    if (isHttp && this.#kept.length <= maxHeadBytes) return -1
    const reason = isHttp ? `had a head of more than ${maxHeadBytes} bytes` : 'was no reply of HTTP/1.1'
    this.refusal = { kind: 'protocol', reason: `the reply to the upgrade ${reason}` }
    return length
  }
}

/** Where a head ends that begins at `from`, with line ends of one byte or two; −1 when it goes on. */
function endOfHead(bytes: Buffer, from: number): number {
  for (let at = bytes.indexOf(lf, from); at >= 0; at = bytes.indexOf(lf, at + 1)) {
    if (bytes[at + 1] === lf) return at + 2
    if (bytes[at + 1] === cr && bytes[at + 2] === lf) return at + 3
  }
  return -1
}

/** Replies of 1xx come before the one that counts. */
const isInterim = (head: string) => /^HTTP\/1\.1 1(?!01)\d\d(?!\d)/.test(head)

function refusalIn(head: string, accept: string): UpgradeRefusal | null {
  // A line that begins with a space continues the one before (RFC 9112 section 5.2).
  const [statusLine = '', ...lines] = head
    .replace(/\r?\n[ \t]+/g, ' ')
    .trimEnd()
    .split(/\r?\n/)
  const [, digits] = /^HTTP\/1\.1 (\d{3})(?: |$)/.exec(statusLine) ?? []
  const status = Number(digits ?? 0)
  if (status !== 101) {
    const kind = status >= 500 ? 'http_5xx' : status >= 400 ? 'http_4xx' : 'protocol'
    return { kind, reason: `the reply to the upgrade was ${JSON.stringify(statusLine)}` }
  }
  if (head.includes('\0')) return { kind: 'protocol', reason: 'the reply to the upgrade had a NUL in its head' }
  const headers = new Map<string, string>()
  for (const line of lines) {
    const colon = line.indexOf(':')
    const [name, value] = [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
    // Several lines of one name are one list (RFC 9110 section 5.3).
    headers.set(name, headers.has(name) ? `${headers.get(name)}, ${value}` : value)
  }
  const wrong = (name: string) => ({
    kind: 'protocol' as const,
    reason: `the reply to the upgrade had ${name}: ${headers.get(name) ?? 'none'}`,
  })
  const lists = (name: string, token: string) =>
    headers
      .get(name)
      ?.split(',')
      .some((one) => one.trim().toLowerCase() === token)
  if (!lists('upgrade', 'websocket')) return wrong('upgrade')
  if (!lists('connection', 'upgrade')) return wrong('connection')
  if (headers.get('sec-websocket-accept') !== accept) return wrong('sec-websocket-accept')
  // None was offered.
  if (headers.get('sec-websocket-extensions')) return wrong('sec-websocket-extensions')
  return null
}
