import { once } from 'node:events'
import { stat } from 'node:fs/promises'
import { expect } from 'vitest'
import { WebSocket } from 'ws'
import { bundleProgram } from '../bundle.ts'
import type { Cluster, Pod } from '../provider.ts'
import { test } from '../testing.ts'
import { wsEcho } from './ws-echo.ts'

async function deploy(cluster: Cluster, env: Record<string, string> = {}): Promise<Pod> {
  const { entry, ports, readinessProbe } = wsEcho
  const file = await bundleProgram(entry, cluster.ref.workDir)
  const program = () => ({ kind: 'node' as const, file })
  const ready = { ...readinessProbe, timeoutMs: 20_000 }
  return cluster.deploy({ name: 'ws-echo', namespace: 'echo', role: 'app', program, ports, env, readinessProbe: ready })
}

async function connect(pod: Pod): Promise<WebSocket> {
  const socket = new WebSocket(`ws://${pod.host}:${pod.ports.http}/any`)
  await once(socket, 'open')
  return socket
}

async function ask(socket: WebSocket, message: string | Buffer): Promise<[string, boolean]> {
  socket.send(message)
  const [data, binary] = await once(socket, 'message')
  return [`${data}`, binary]
}

const statsOf = async (pod: Pod) => JSON.parse((await pod.get('http', '/stats')).body)

test('messages come back as they were; upgrades, connections and messages are counted', async ({ cluster }) => {
  const pod = await deploy(cluster)
  const socket = await connect(pod)
  const other = await connect(pod)
  expect(await ask(socket, 'grüße')).toEqual(['grüße', false])
  expect(await ask(other, Buffer.alloc(100_000, 'y'))).toEqual(['y'.repeat(100_000), true])
  expect(await statsOf(pod)).toEqual({ requests: 2, connections: 2, messages: 2 })
  other.close()
  await expect.poll(() => statsOf(pod)).toEqual({ requests: 2, connections: 1, messages: 2 })
  expect((await pod.get('http', '/')).status).toBe(426)
  socket.close()
})

test('size and delay come from the environment; wrong ones are named', async ({ cluster }) => {
  const socket = await connect(await deploy(cluster, { SIZE: '5', DELAY_MS: '100' }))
  const startedAt = performance.now()
  expect(await ask(socket, 'a')).toEqual(['xxxxx', false])
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(95)
  socket.close()
  const { error } = wsEcho.env.safeParse({ SIZE: 'ten', STATUS: '200' })
  expect(error?.issues.map(({ message }) => message).join()).toMatch(/must be a whole number.*STATUS/s)
})

test('its bundle stays small', async ({ cluster }) => {
  const { size } = await stat(await bundleProgram(wsEcho.entry, cluster.ref.workDir))
  expect(size).toBeLessThan(200_000)
})
