import { createHash, randomBytes } from 'node:crypto'
import type { Header } from '../../load/headers.ts'
import type { TargetedPlan } from '../../load/plan.ts'
import type { ErrorKind } from '../../load/result/tally.ts'
import { requestBytes } from '../http1/request.ts'

/** RFC 6455 section 1.3. */
const acceptSuffix = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
const maxHeadBytes = 16_384
const headEnd = Buffer.from('\r\n\r\n')

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

  /** Takes the next bytes. Returns how many of them belong to the reply's head, or −1 when it goes on. */
  feed(bytes: Buffer, length: number): number {
    const before = this.#kept.length
    const all = Buffer.concat([this.#kept, bytes.subarray(0, length)])
    const end = all.indexOf(headEnd)
    if (end >= 0 && end <= maxHeadBytes) {
      this.#kept = Buffer.alloc(0)
      this.refusal = refusalIn(all.toString('latin1', 0, end), this.#accept)
      return end + headEnd.length - before
    }
    const known = Buffer.from('HTTP/1.1 ')
    const isHttp = all.subarray(0, known.length).equals(known.subarray(0, all.length))
    if (isHttp && all.length <= maxHeadBytes) {
      this.#kept = all
      return -1
    }
    this.refusal = { kind: 'protocol', reason: 'the upgrade got no HTTP/1.1 reply' }
    return length
  }
}

function refusalIn(head: string, accept: string): UpgradeRefusal | null {
  const [statusLine = '', ...lines] = head.split('\r\n')
  const [, digits] = /^HTTP\/1\.1 (\d{3})(?: |$)/.exec(statusLine) ?? []
  const status = Number(digits ?? 0)
  if (status !== 101) {
    const kind = status >= 500 ? 'http_5xx' : status >= 400 ? 'http_4xx' : 'protocol'
    return { kind, reason: `the reply to the upgrade was ${JSON.stringify(statusLine)}` }
  }
  const headers = new Map(
    lines.map((line): [string, string] => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
    }),
  )
  const wrong = (name: string) => ({
    kind: 'protocol' as const,
    reason: `the reply to the upgrade had ${name}: ${headers.get(name) ?? 'none'}`,
  })
  if (headers.get('upgrade')?.toLowerCase() !== 'websocket') return wrong('upgrade')
  if (!/(^|,)\s*upgrade\s*(,|$)/i.test(headers.get('connection') ?? '')) return wrong('connection')
  if (headers.get('sec-websocket-accept') !== accept) return wrong('sec-websocket-accept')
  // None was offered.
  if (headers.has('sec-websocket-extensions')) return wrong('sec-websocket-extensions')
  return null
}
