import { expect } from 'vitest'
import { deployEcho, enrolled, inlineProgram, test } from '../../testing.ts'
import { baseline } from './mesh.ts'

const send = async (target: URL, count: number) => {
  for (let n = 0; n < count; n++) await (await fetch(target)).arrayBuffer()
}

test('the client talks to the server itself, and the evidence says so', async ({ cluster }) => {
  await using installation = await baseline.install(cluster, 'none')
  const server = await deployEcho(cluster, 'arm', { STATUS: '404' })
  const { target, proxies, watch } = await enrolled(installation, server)
  expect(target.host).toBe(`${server.host}:${server.ports.http}`)
  expect(proxies).toEqual([])
  for (const count of [20, 10]) {
    const proof = await watch()
    await send(target, count)
    expect(await proof(count)).toEqual({
      summary: 'no proxy, plain text',
      facts: { proxies: 0, handshakes: 0, plaintextAccepted: true, requestsSent: count, requestsAtServer: count },
      mismatches: [],
    })
  }
})

test('a proxy beside the server and requests that went elsewhere are noticed', async ({ cluster }) => {
  const installation = await baseline.install(cluster, 'none')
  const server = await deployEcho(cluster, 'arm')
  const proxy = `require('node:http').createServer((q, r) => r.end()).listen(process.env.PORT_IN, process.env.HOST)`
  const place = { namespace: 'arm', role: 'proxy', beside: server, ports: { in: 15006 } } as const
  const readinessProbe = { port: 'in', path: '/', timeoutMs: 20_000 }
  await cluster.deploy(inlineProgram('sidecar', proxy, { ...place, readinessProbe }))
  const { watch } = await enrolled(installation, server)
  const proof = await watch()
  expect((await proof(100)).mismatches).toEqual([
    'The baseline must have no proxy, but sidecar runs beside the server.',
    'The server counted 0 requests where 100 were sent.',
  ])
})

test('a workload that does not count is not judged by its count', async ({ cluster }) => {
  const installation = await baseline.install(cluster, 'none')
  const plain = `require('node:http').createServer((q, r) => r.end('{"uptime":1}')).listen(process.env.PORT_HTTP, process.env.HOST)`
  const server = await cluster.deploy(inlineProgram('plain', plain))
  const { watch } = await enrolled(installation, server)
  const { facts, mismatches } = await (await watch())(100)
  expect(mismatches).toEqual([])
  expect(facts).not.toHaveProperty('requestsAtServer')
})

test('a server that has ended is noticed', async ({ cluster }) => {
  const installation = await baseline.install(cluster, 'none')
  const server = await deployEcho(cluster, 'arm')
  const proof = await (await enrolled(installation, server)).watch()
  await server[Symbol.asyncDispose]()
  expect((await proof(0)).mismatches).toEqual(['The server did not answer a plain GET on port http (ECONNREFUSED).'])
})
