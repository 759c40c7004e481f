import { once } from 'node:events'
import net, { type AddressInfo, type Socket } from 'node:net'
import { type LoadResult, loadResultSchema } from '../../reports/record.ts'
import { runLoad } from './run.ts'
import { type LoadInput, loadSchema } from './spec.ts'

/** A short load, and its result as a record takes it. */
export async function loadOn(url: string, input: LoadInput): Promise<LoadResult> {
  const shape = { duration: '1s', warmUp: '200ms', timeout: '5s', connections: 4, ...input }
  return loadResultSchema.parse(await runLoad({ ...loadSchema.parse(shape), url }))
}

export const okReply = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'

export interface RawServer extends AsyncDisposable {
  url: string
  port: number
  /** So far. */
  connections: number
  requests: number
}

/** A loopback server for tests that answers each request with what `answer` writes; `n` counts requests from 1. No pipelining. */
export async function rawServer(answer: (socket: Socket, n: number, text: string) => void): Promise<RawServer> {
  const open = new Set<Socket>()
  const server = net.createServer((socket) => {
    raw.connections++
    open.add(socket)
    let pending = ''
    socket.on('close', () => open.delete(socket))
    // Clients that cut a connection are part of the tests.
    socket.on('error', () => {})
    socket.on('data', (data) => {
      pending += data.toString('latin1')
      if (!pending.includes('\r\n\r\n')) return
      const text = pending
      pending = ''
      answer(socket, ++raw.requests, text)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const raw: RawServer = {
    url: `http://127.0.0.1:${port}/`,
    port,
    connections: 0,
    requests: 0,
    async [Symbol.asyncDispose]() {
      server.close()
      for (const socket of open) socket.destroy()
      await once(server, 'close')
    },
  }
  return raw
}
