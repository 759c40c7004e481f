import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { defaultSettings, type EchoSettings, readSettings, settingLimits } from '../http-echo-settings.ts'

/** The reply to a URL, prepared once. */
interface Reply {
  status: number
  headers: string[]
  body: string | Buffer
  /** Send back what was received instead of `body`. */
  echoes: boolean
  delayMs: number
  errorShare: number
  /** Requests so far that the error share applies to. */
  count: number
}

const minute = 60_000
const rememberedUrls = 1000
const greeting = 'hello from http-echo\n'

const fromEnv = readSettings(
  Object.values(settingLimits).flatMap(({ env }): [string, string][] =>
    process.env[env] ? [[env, process.env[env]]] : [],
  ),
  defaultSettings,
  (field) => settingLimits[field].env,
)
if (fromEnv.problems.length > 0) {
  console.error(`http-echo: wrong settings in the environment:\n  ${fromEnv.problems.join('\n  ')}`)
  process.exit(2)
}

const plain = replyOf(fromEnv.settings)
const unavailable = fixed(503, 'unavailable as asked\n')
const healthy = fixed(200, 'ok\n')
const replies = new Map<string, Reply>()
let requests = 0
let draining = false

// Limits that help a server against strangers would end connections in the middle of a trial.
const server = createServer(
  { keepAliveTimeout: 10 * minute, requestTimeout: 0, headersTimeout: 0 },
  (request, response) => {
    const url = request.url ?? '/'
    if (url === '/healthz') return send(response, healthy, healthy.body)
    if (url === '/stats') return sendStats(response)
    requests++
    const reply = url === '/' ? plain : replyTo(url)
    if (request.method === 'GET') answer(response, reply, reply.body)
    else receive(request, response, reply)
  },
)

server.on('error', (error) => {
  console.error(`http-echo: cannot listen: ${error.message}`)
  process.exit(1)
})
const port = Number(process.env.PORT_HTTP ?? 8080)
server.listen({ host: process.env.HOST ?? '0.0.0.0', port, backlog: 4096 })
const drainMs = Number(process.env.DRAIN_MS ?? 0)
// As the first process of a container it would not end otherwise.
process.on('SIGTERM', () => (drainMs > 0 ? drain() : process.exit(0)))

/** Serves for `drainMs` more, until no client is routed here, and closes each connection after its reply; then ends. */
function drain(): void {
  draining = true
  setTimeout(() => server.close(() => process.exit(0)), drainMs)
}

function answer(response: ServerResponse, reply: Reply, body: string | Buffer): void {
  if (reply.delayMs > 0) setTimeout(finish, reply.delayMs, response, reply, body)
  else finish(response, reply, body)
}

function finish(response: ServerResponse, reply: Reply, body: string | Buffer): void {
  const fails = reply.errorShare > 0 && isOneOf(reply.errorShare, reply.count++)
  if (fails) send(response, unavailable, unavailable.body)
  else send(response, reply, body)
}

/** Spreads a share evenly over a count, the same way in every run. */
function isOneOf(share: number, count: number): boolean {
  return Math.floor((count + 1) * share) > Math.floor(count * share)
}

function send(response: ServerResponse, reply: Reply, body: string | Buffer): void {
  response.sendDate = false
  if (draining) response.shouldKeepAlive = false
  if (body === reply.body) response.writeHead(reply.status, reply.headers)
  else response.writeHead(reply.status, headersOf(body))
  response.end(body, 'latin1')
}

function receive(request: IncomingMessage, response: ServerResponse, reply: Reply): void {
  const chunks: Buffer[] = []
  if (reply.echoes) request.on('data', (chunk: Buffer) => chunks.push(chunk))
  else request.resume()
  request.on('end', () => answer(response, reply, chunks.length > 0 ? Buffer.concat(chunks) : reply.body))
}

function sendStats(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json' })
  response.end(JSON.stringify({ requests }))
}

function replyTo(url: string): Reply {
  const known = replies.get(url)
  if (known) return known
  const reply = parse(url)
  if (replies.size < rememberedUrls) replies.set(url, reply)
  return reply
}

function parse(url: string): Reply {
  const parsed = URL.parse(url, 'http://http-echo')
  if (!parsed) return fixed(400, `${url} is no URL\n`)
  const { pathname, searchParams } = parsed
  if (pathname !== '/') return fixed(404, `no ${pathname} here; / answers, /healthz and /stats tell about it\n`)
  const { settings, problems } = readSettings(searchParams, fromEnv.settings, (field) => field)
  return problems.length > 0 ? fixed(400, `${problems.join('\n')}\n`) : replyOf(settings)
}

function replyOf({ status, size, delayMs, errorShare }: EchoSettings): Reply {
  const bodiless = status === 204 || status === 304
  const body = bodiless ? '' : size === null ? greeting : 'x'.repeat(size)
  const reply = { ...fixed(status, body), echoes: size === null && !bodiless, delayMs, errorShare }
  return bodiless ? { ...reply, headers: [] } : reply
}

function fixed(status: number, text: string): Reply {
  // Node writes a short string together with the header, in one go; a long one it would encode again each time.
  const body = text.length <= 4096 ? text : Buffer.from(text, 'latin1')
  return { status, headers: headersOf(body), body, echoes: false, delayMs: 0, errorShare: 0, count: 0 }
}

function headersOf(body: string | Buffer): string[] {
  return ['content-type', 'text/plain', 'content-length', String(body.length)]
}
