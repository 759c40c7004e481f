import { type Header, isNamed } from '../headers.ts'
import { requestsOf } from '../requests.ts'
import type { ReadLoad } from './load.ts'

type Issue = [path: (string | number)[], input: unknown, message: string]

/** Why a value is refused; null when it is sent as it is. */
type Refusal = (value: string, load: ReadLoad) => string | null
type Refusals = Record<string, Refusal>

const never =
  (why: string): Refusal =>
  () =>
    `none: ${why}`
const tokens = (value: string) => value.split(',').map((token) => token.trim().toLowerCase())

/** No protocol has them honoured. */
const always: Refusals = {
  'transfer-encoding': never('a body is sent whole, with its length'),
  trailer: never('a request ends without trailers'),
}

const overHttp1: Refusals = {
  ...always,
  upgrade: never('replies of another protocol are not read; WebSocket is a protocol of its own'),
  connection(value, { keepAlive }) {
    const listed = tokens(value)
    if (listed.includes('upgrade')) return 'none of upgrade: replies of another protocol are not read'
    if (keepAlive && listed.includes('close')) return 'none of close: keepAlive false asks for it'
    return !keepAlive && listed.includes('keep-alive') ? 'none of keep-alive, where keepAlive is false' : null
  },
}

const notOverHttp2 = never('HTTP/2 has no such header, its connections are its own')
const overHttp2: Refusals = {
  ...always,
  connection: notOverHttp2,
  'keep-alive': notOverHttp2,
  'proxy-connection': notOverHttp2,
  'http2-settings': notOverHttp2,
  upgrade: notOverHttp2,
  te: (value) => (value.toLowerCase() === 'trailers' ? null : 'trailers, over HTTP/2'),
}

const ofUpgrade = never('it belongs to the upgrade')
const overWebSocket: Refusals = {
  ...always,
  ...Object.fromEntries(
    ['connection', 'upgrade', 'sec-websocket-key', 'sec-websocket-version', 'sec-websocket-extensions'].map((name) => [
      name,
      ofUpgrade,
    ]),
  ),
  'content-length': never('an upgrade has no body'),
}

const ofCall = never('it is what makes a request a call')
const overGrpc: Refusals = { ...overHttp2, te: ofCall, 'content-type': ofCall, 'content-length': ofCall }

const ownLength = { 'content-length': never('the body is made for the model, and sent with its length') }

function refusalsOf({ protocol, inference }: ReadLoad): Refusals {
  if (protocol === 'http2') return overHttp2
  if (protocol === 'grpc') return overGrpc
  if (protocol === 'websocket') return overWebSocket
  if (protocol !== 'inference') return overHttp1
  return inference?.over === 'grpc' ? overGrpc : { ...overHttp1, ...ownLength }
}

/** Headers that would not be what they say: those of a connection or of a body's framing, which are ours, and a second Host. */
export function headerIssues(load: ReadLoad): Issue[] {
  const { headers, grpc, requests } = load
  const refusals = refusalsOf(load)
  const lists: [(string | number)[], readonly Header[]][] = [
    [['headers'], headers],
    [['grpc', 'metadata'], grpc?.metadata ?? []],
    ...(requests?.list ?? []).map(({ headers: own = [] }, i): [(string | number)[], readonly Header[]] => [
      ['requests', i, 'headers'],
      own,
    ]),
  ]
  const refused = lists.flatMap(([path, list]) =>
    list.flatMap(([name, value]): Issue[] => {
      const known = name.toLowerCase()
      const why = Object.hasOwn(refusals, known) ? refusals[known]?.(value, load) : null
      return why ? [[[...path, name], value, why]] : []
    }),
  )
  const hosts = lists.flatMap(([path, list]): Issue[] => {
    const given = list.filter(isNamed('host'))
    return given.length > 1 ? [[[...path, 'Host'], given.map(([, host]) => host), 'one host at most']] : []
  })
  return [...refused, ...hosts, ...(refusals['content-length'] ? [] : wrongLengths(load))]
}

/** A length that is stated has to be the body's. */
function wrongLengths(load: ReadLoad): Issue[] {
  const states = (list: readonly Header[] = []) => list.some(isNamed('content-length'))
  if (!states(load.headers) && !load.requests?.list.some(({ headers }) => states(headers))) return []
  return requestsOf(load).flatMap(({ headers, body }, i) =>
    headers.filter(isNamed('content-length')).flatMap(([name, value]): Issue[] => {
      const path = load.requests ? ['requests', i, 'headers', name] : ['headers', name]
      return value === `${body.length}` ? [] : [[path, value, `${body.length}, the length of the body, or left out`]]
    }),
  )
}
