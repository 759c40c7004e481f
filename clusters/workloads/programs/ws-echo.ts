import { createServer, type ServerResponse } from 'node:http'
import { type RawData, type WebSocket, WebSocketServer } from 'ws'
import { defaultSettings, readSettings, settingLimits } from '../http-echo-settings.ts'

const settable = ['delayMs', 'size'] as const
const { settings, problems } = readSettings(
  settable.flatMap((field): [string, string][] => {
    const { env } = settingLimits[field]
    return process.env[env] ? [[env, process.env[env]]] : []
  }),
  defaultSettings,
  (field) => settingLimits[field].env,
)
if (problems.length > 0) {
  console.error(`ws-echo: wrong settings in the environment:\n  ${problems.join('\n  ')}`)
  process.exit(2)
}

const { delayMs, size } = settings
const answer = size === null ? null : Buffer.alloc(size, 'x')
const stats = { requests: 0, connections: 0, messages: 0 }

// Limits that help a server against strangers would end connections in the middle of a trial.
const server = createServer({ requestTimeout: 0, headersTimeout: 0 }, ({ url }, response) => {
  if (url === '/healthz') send(response, 200, 'ok\n')
  else if (url === '/stats') send(response, 200, JSON.stringify(stats))
  else send(response, 426, 'a WebSocket upgrade is expected here; /healthz and /stats tell about it\n')
})
const upgrades = new WebSocketServer({ noServer: true, clientTracking: false, maxPayload: settingLimits.size.max })
server.on('upgrade', (request, socket, head) => {
  stats.requests++
  upgrades.handleUpgrade(request, socket, head, serve)
})
server.on('error', (error) => {
  console.error(`ws-echo: cannot listen: ${error.message}`)
  process.exit(1)
})
const port = Number(process.env.PORT_HTTP ?? 8080)
server.listen({ host: process.env.HOST ?? '0.0.0.0', port, backlog: 4096 })
// As the first process of a container it would not end otherwise.
process.on('SIGTERM', () => process.exit(0))

function serve(socket: WebSocket): void {
  stats.connections++
  socket.on('close', () => stats.connections--)
  // The close after it is counted.
  socket.on('error', () => {})
  socket.on('message', (data, binary) => {
    stats.messages++
    if (delayMs > 0) setTimeout(reply, delayMs, socket, data, binary)
    else reply(socket, data, binary)
  })
}

function reply(socket: WebSocket, data: RawData, binary: boolean): void {
  socket.send(answer ?? data, { binary })
}

function send(response: ServerResponse, status: number, body: string): void {
  const upgrade = status === 426 ? { upgrade: 'websocket', connection: 'upgrade' } : {}
  response.writeHead(status, { ...upgrade, 'content-type': 'text/plain', 'content-length': body.length }).end(body)
}
