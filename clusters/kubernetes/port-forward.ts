import { createServer, type Socket } from 'node:net'
import { PassThrough } from 'node:stream'
import { PortForward } from '@kubernetes/client-node'
import type { KubeClient } from './client.ts'

/** A port of this machine that leads to a port of a pod until it is disposed of. */
export interface Forward extends AsyncDisposable {
  host: string
  port: number
}

/** Opens a port on 127.0.0.1; each connection to it is one through the API server to the pod. */
export async function forwardPort(
  client: KubeClient,
  namespace: string,
  pod: string,
  targetPort: number,
): Promise<Forward> {
  const forward = new PortForward(client.config)
  const sockets = new Set<Socket>()
  const server = createServer(async (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    const complaint = new PassThrough()
    complaint.once('data', () => socket.destroy())
    try {
      // What comes before the way is open is read by nobody else.
      socket.pause()
      const opened = await forward.portForward(namespace, pod, [targetPort], socket, complaint, socket)
      const way = typeof opened === 'function' ? opened() : opened
      if (way) way.onclose = () => socket.end()
      socket.resume()
    } catch {
      socket.destroy()
    }
  })
  const host = '127.0.0.1'
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen({ host, port: 0 }, resolve)
  })
  const address = server.address()
  return {
    host,
    port: typeof address === 'object' && address ? address.port : 0,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
