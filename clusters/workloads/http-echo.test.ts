import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Agent, createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { expect, vi } from 'vitest'
import type { Pod } from '../provider.ts'
import { deployEcho, test } from '../testing.ts'
import { httpEcho } from './http-echo.ts'

const urlOf = (pod: Pod, path = '/') => `http://${pod.host}:${pod.ports.http}${path}`

async function get(pod: Pod, path = '/', init?: RequestInit) {
  const response = await fetch(urlOf(pod, path), init)
  return { status: response.status, body: await response.text() }
}

test('status, size and delay come from the query, over those of the environment', async ({ cluster }) => {
  const pod = await deployEcho(cluster, 'echo', { SIZE: '100', STATUS: '201' })
  expect(await get(pod)).toEqual({ status: 201, body: 'x'.repeat(100) })
  expect(await get(pod, '/?size=20000&status=404')).toEqual({ status: 404, body: 'x'.repeat(20_000) })
  expect(await get(pod, '/?size=0')).toEqual({ status: 201, body: '' })
  expect(await get(pod, '/?status=204')).toEqual({ status: 204, body: '' })
  const startedAt = performance.now()
  await get(pod, '/?delayMs=120')
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(115)
})

test('a POST gets its body back unless a size is asked for', async ({ cluster }) => {
  const pod = await deployEcho(cluster, 'echo')
  const body = 'ü'.repeat(70_000)
  expect(await get(pod, '/', { method: 'POST', body })).toEqual({ status: 200, body })
  expect(await get(pod, '/?size=3', { method: 'POST', body })).toEqual({ status: 200, body: 'xxx' })
  expect((await get(pod, '/', { method: 'POST' })).status).toBe(200)
})

test('the error share is spread evenly and the same every time', async ({ cluster }) => {
  const pod = await deployEcho(cluster, 'echo', { ERROR_SHARE: '0.25' })
  const statuses: number[] = []
  for (let n = 0; n < 8; n++) statuses.push((await get(pod)).status)
  expect(statuses).toEqual([200, 200, 200, 503, 200, 200, 200, 503])
})

test('each reply takes its work, and one in so many a pause that all others wait for', async ({ cluster }) => {
  const pod = await deployEcho(cluster, 'echo', { BUSY_US: '30000', SLEEP_MS: '120.5', SLEEP_EVERY: '3' })
  const tookMs = async (path?: string) => {
    const startedAt = performance.now()
    await get(pod, path)
    return performance.now() - startedAt
  }
  const took: number[] = []
  for (let n = 0; n < 6; n++) took.push(await tookMs())
  for (const ms of took) expect(ms).toBeGreaterThanOrEqual(29)
  for (const n of [2, 5]) expect(took[n]).toBeGreaterThanOrEqual(149)
  const path = '/?busyUs=0&sleepMs=200&sleepEvery=1'
  const together = await Promise.all([path, path, path].map(tookMs))
  expect(Math.max(...together)).toBeGreaterThanOrEqual(595)
})

test('wrong queries are answered 400 and name every field', async ({ cluster }) => {
  const pod = await deployEcho(cluster, 'echo')
  const { status, body } = await get(
    pod,
    '/?status=99&size=-1&delayMs=soon&errorShare=2&busyUs=-1&sleepEvery=0&dealy=1',
  )
  expect(status).toBe(400)
  for (const field of ['status', 'size', 'delayMs', 'errorShare', 'busyUs', 'sleepEvery', 'dealy'])
    expect(body).toContain(`${field} `)
  expect(body).toContain("status must be a whole number from 200 to 599, got '99'")
  expect((await get(pod, '//')).status).toBe(400)
  expect((await get(pod, '/nowhere')).status).toBe(404)
})

test('it counts requests, but not the questions about them', async ({ cluster }) => {
  const pod = await deployEcho(cluster, 'echo')
  for (let n = 0; n < 5; n++) await get(pod, n % 2 ? '/?size=1' : '/')
  await get(pod, '/healthz')
  await get(pod, '/stats')
  expect(JSON.parse((await get(pod, '/stats')).body)).toEqual({ requests: 5 })
})

test('a connection is kept for many requests, and closed when asked', async ({ cluster }) => {
  const pod = await deployEcho(cluster, 'echo')
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const reused: boolean[] = []
  for (let n = 0; n < 4; n++) {
    await new Promise<void>((resolve, reject) => {
      const sent = request(urlOf(pod), { agent }, (response) => {
        reused.push(sent.reusedSocket)
        response.resume().on('end', resolve)
      })
      sent.on('error', reject).end()
    })
  }
  agent.destroy()
  expect(reused).toEqual([false, true, true, true])
  const { headers } = await fetch(urlOf(pod), { headers: { connection: 'close' } })
  expect(headers.get('connection')).toBe('close')
})

test('on SIGTERM it serves for DRAIN_MS and gives its connections up; without that it ends at once', async () => {
  for (const drainMs of [1000, 0]) {
    const free = createServer().listen(0, '127.0.0.1')
    await once(free, 'listening')
    const { port } = free.address() as AddressInfo
    free.close()
    const url = `http://127.0.0.1:${port}/`
    const env = { ...process.env, HOST: '127.0.0.1', PORT_HTTP: String(port), DRAIN_MS: String(drainMs) }
    const child = spawn(process.execPath, [fileURLToPath(httpEcho.entry)], { env, stdio: 'ignore' })
    const ended = once(child, 'exit')
    const connectionOf = async () => (await fetch(url)).headers.get('connection')
    await vi.waitFor(connectionOf, 10_000)
    expect(await connectionOf()).toBe('keep-alive')
    const stoppedAt = performance.now()
    child.kill('SIGTERM')
    if (drainMs > 0) await vi.waitFor(async () => expect(await connectionOf()).toBe('close'), 500)
    expect(await ended).toEqual([0, null])
    if (drainMs > 0) expect(performance.now() - stoppedAt).toBeGreaterThanOrEqual(drainMs - 5)
  }
})

test('a wrong environment stops it, and every wrong field is named', async ({ cluster }) => {
  const failed = deployEcho(cluster, 'echo', { STATUS: 'ok', SIZE: '1.5', ERROR_SHARE: '7' })
  await expect(failed).rejects.toMatchObject({ code: 'CLUSTER_DEPLOY_FAILED' })
  const message = await failed.catch((error: Error) => error.message)
  for (const field of ['STATUS', 'SIZE', 'ERROR_SHARE']) expect(message).toContain(`${field} must be`)
})

test('its settings can be checked before anything is deployed', () => {
  expect(httpEcho.env.parse({ SIZE: '10' })).toEqual({ SIZE: '10' })
  const { error } = httpEcho.env.safeParse({ SIZE: 'ten', DELAY_MS: '-1', COLOUR: 'red' })
  expect(error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)).toEqual([
    expect.stringMatching(/^SIZE: must be a whole number/),
    expect.stringMatching(/^DELAY_MS: must be a number/),
    expect.stringContaining('COLOUR'),
  ])
})
