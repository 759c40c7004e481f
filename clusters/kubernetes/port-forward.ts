import { createServer, type Socket } from 'node:net'
import { PassThrough } from 'node:stream'
import type { V1Pod } from '@kubernetes/client-node'
import type { Endpoint } from '../provider.ts'
import type { KubeClient } from './client.ts'

const host = '127.0.0.1'

/** Ports of this machine that lead to those of a pod until they are disposed of. */
export interface Forward extends Endpoint, AsyncDisposable {}

/** Opens a port on 127.0.0.1 for each of a pod's; a connection to it is one through the API server to the pod. */
export async function forwardPorts(
  client: KubeClient,
  namespace: string,
  pod: V1Pod,
  ports: Record<string, number>,
): Promise<Forward> {
  const names = Object.keys(ports)
  const opened = names.map((name) => forwardPort(client, namespace, pod.metadata?.name ?? '', ports[name] as number))
  const forwards = await Promise.all(opened)
  return {
    host,
    ports: Object.fromEntries(names.map((name, i) => [name, forwards[i]?.port ?? 0])),
    async [Symbol.asyncDispose]() {
      await Promise.all(forwards.map((forward) => forward[Symbol.asyncDispose]()))
    },
  }
}

async function forwardPort(
  client: KubeClient,
  namespace: string,
  pod: string,
  targetPort: number,
): Promise<{ port: number } & AsyncDisposable> {
  const { PortForward } = await import('@kubernetes/client-node')
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
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen({ host, port: 0 }, resolve)
  })
  const address = server.address()
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
