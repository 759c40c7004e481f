import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import { getOnce } from '../local/readiness.ts'
import type { Pod } from '../provider.ts'
import { tryPlain, tryPod } from './access.ts'

test.for<[string, (socket: Socket) => void, Awaited<ReturnType<typeof tryPlain>>]>([
  ['a reply', (socket) => socket.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n'), { status: 403 }],
  ['a connection that is closed at once', (socket) => socket.destroy(), 'refused'],
])('%s differs from no connection', async ([, answer, access]) => {
  const server = createServer((socket) => void socket.once('data', () => answer(socket))).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const pod = { get: (_, path, { timeoutMs = 2000 } = {}) => getOnce(at(port, path), timeoutMs) } as Pick<Pod, 'get'>
  expect(await tryPod(pod, port)).toEqual(access)
  expect(await tryPlain('127.0.0.1', port)).toEqual(access)
  server.close()
  await once(server, 'close')
  expect(await tryPod(pod, port)).toBe('unreachable')
  expect(await tryPlain('127.0.0.1', port)).toBe('unreachable')
})

test('a GET that nobody answers in time has a code and the time it took', async ({ onTestFinished }) => {
  const server = createServer().listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const late = getOnce(at(port, '/'), 30)
  await expect(late).rejects.toMatchObject({ code: 'CLUSTER_UNREACHABLE', message: 'no answer within 30 ms' })
})

const at = (port: number, path: string) => new URL(`http://127.0.0.1:${port}${path}`)
