import { createServer as createHttpServer } from 'node:http'
import { createServer as createHttp2Server, type ServerHttp2Stream } from 'node:http2'
import { createServer, type Server, type Socket } from 'node:net'
import { uintField } from './protobuf.ts'
import { ServerCall, status } from './server-call.ts'

export type CallHandler = (call: ServerCall) => void

/** Served beside the given methods. */
export const healthService = 'grpc.health.v1.Health'
const serving = uintField(1, 1)

/**
 * Creates a server of gRPC calls in plain text, yet to listen; `methods` by path. On the same port HTTP, of either version, gets
 * `/healthz`, and `/stats`: `stats` as JSON.
 */
export function grpcServer(name: string, methods: ReadonlyMap<string, CallHandler>, stats: object): Server {
  const all = new Map(methods)
  all.set(`/${healthService}/Check`, (call) =>
    call.read(
      () => {},
      () => call.end(status.ok, '', serving),
    ),
  )
  const http2 = createHttp2Server({ maxSessionMemory: 1000, settings: { maxConcurrentStreams: 2 ** 31 - 1 } })
  http2.on('stream', (stream: ServerHttp2Stream, headers) => {
    const path = String(headers[':path'])
    if (!String(headers['content-type']).startsWith('application/grpc')) return plainAnswer(stream, plainText(path))
    const call = new ServerCall(stream, headers)
    const method = all.get(path)
    if (method) method(call)
    else call.end(status.unimplemented, `no ${path} here`)
  })
  http2.on('sessionError', () => {})

  /** The reply to a request that is no gRPC call. */
  function plainText(path: string): PlainAnswer {
    if (path === '/stats') return { code: 200, text: JSON.stringify(stats) }
    if (path === '/' || path === '/healthz') return { code: 200, text: `${name}\n` }
    return { code: 404, text: `no ${path} here; / and /healthz answer, /stats counts, the rest is gRPC\n` }
  }

  const http = createHttpServer((request, response) => {
    const { code, text } = plainText(request.url ?? '/')
    response.writeHead(code, { 'content-length': text.length }).end(text)
  })

  // One port for both: readiness and counts are read over HTTP/1.1.
  return createServer({ noDelay: true }, (socket: Socket) => {
    socket.on('error', () => {})
    socket.once('data', (first: Buffer) => {
      socket.pause()
      socket.unshift(first)
      const prefaced = 'PRI'.startsWith(first.toString('latin1', 0, 3))
      ;(prefaced ? http2 : http).emit('connection', socket)
      if (!prefaced) socket.resume()
    })
  })
}

interface PlainAnswer {
  code: number
  text: string
}

function plainAnswer(stream: ServerHttp2Stream, { code, text }: PlainAnswer): void {
  stream.on('error', () => {})
  stream.respond({ ':status': code })
  stream.end(text)
}
