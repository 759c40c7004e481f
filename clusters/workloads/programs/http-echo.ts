import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { defaultSettings, type EchoSettings, readSettings, settingLimits } from '../http-echo-settings.ts'

/** The reply to a URL, prepared once. */
interface Reply extends Omit<EchoSettings, 'size'> {
  headers: string[]
  body: string | Buffer
  /** Send back what was received instead of `body`. */
  echoes: boolean
  /** Requests so far, which tells which of them fail or wait for a sleep. */
  count: number
}

const minute = 60_000
const rememberedUrls = 1000
const greeting = 'hello from http-echo\n'
/** What nobody wakes. */
const never = new Int32Array(new SharedArrayBuffer(4))

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
  const count = reply.count++
  if (reply.busyUs > 0) work(reply.busyUs)
  if (reply.sleepMs > 0 && count % reply.sleepEvery === reply.sleepEvery - 1) Atomics.wait(never, 0, 0, reply.sleepMs)
  const fails = reply.errorShare > 0 && isOneOf(reply.errorShare, count)
  if (fails) send(response, unavailable, unavailable.body)
  else send(response, reply, body)
}

function work(us: number): void {
  const until = performance.now() + us / 1000
  while (performance.now() < until);
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

function replyOf({ status, size, ...how }: EchoSettings): Reply {
  const bodiless = status === 204 || status === 304
  const body = bodiless ? '' : size === null ? greeting : 'x'.repeat(size)
  const reply = { ...fixed(status, body), ...how, echoes: size === null && !bodiless }
  return bodiless ? { ...reply, headers: [] } : reply
}

function fixed(status: number, text: string): Reply {
  // Node writes a short string together with the header, in one go; a long one it would encode again each time.
  const body = text.length <= 4096 ? text : Buffer.from(text, 'latin1')
  const { size: _, ...how } = defaultSettings
  return { ...how, status, headers: headersOf(body), body, echoes: false, count: 0 }
}

function headersOf(body: string | Buffer): string[] {
  return ['content-type', 'text/plain', 'content-length', String(body.length)]
}
