import { once } from 'node:events'
import http from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { createServer, type TlsOptions } from 'node:tls'
import { execa } from 'execa'
import { expect, type TestContext, test } from 'vitest'
import { loadResultSchema } from '../../reports/load-result.ts'
import { runLoad } from '../agent/process.ts'
import { okReply, rawServer } from '../agent/testing.ts'
import { testAuthority } from '../agent/testing-tls.ts'
import { startEcho } from '../engine/grpc/testing.ts'
import { listen } from '../engine/testing-listen.ts'
import { type LoadInput, loadSchema } from '../load/input/index.ts'
import type { LoadToolName } from '../load/plan.ts'
import { startFortioGrpc } from '../peers/fortio-grpc.ts'
import { freePort } from '../peers/server.ts'
import { loadToolAvailability } from './availability.ts'
import { loadTools } from './index.ts'
import { runLoadTool } from './run.ts'

/** Skips the test where the tool is not there. */
async function needed(name: LoadToolName, { skip }: Pick<TestContext, 'skip'>): Promise<void> {
  const here = await loadToolAvailability(loadTools[name])
  if (!here.available) skip(`${here.reason}; ${here.remedy}`)
}

/** Answers what a request looked like to the first test of it, and counts them. */
async function echo({ onTestFinished }: Pick<TestContext, 'onTestFinished'>) {
  const seen = { requests: 0, connections: 0, first: '' }
  const server = http.createServer(async (request, response) => {
    seen.requests++
    const { method, url, headers } = request
    const line = `${method} ${url} ${headers['x-mark']} ${await text(request)}`
    seen.first ||= line
    response.writeHead(url === '/missing' ? 404 : url === '/broken' ? 503 : 200).end('hello')
  })
  server.on('connection', () => seen.connections++)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { seen, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

/** A proxy that ends TLS before a server of ours: grpc-echo, which answers HTTP/1.1 too, and anything else with 404. */
async function secureEcho(options: TlsOptions) {
  const seen = { authorized: new Set<boolean>(), resumed: 0 }
  const echo = await startEcho()
  const server = createServer(
    { ...options, rejectUnauthorized: false, ALPNProtocols: ['h2', 'http/1.1'] },
    (socket) => {
      seen.authorized.add(socket.authorized)
      if (socket.isSessionReused()) seen.resumed++
      const behind = connect(Number(new URL(echo.url).port), '127.0.0.1')
      socket.pipe(behind).pipe(socket)
      for (const one of [socket, behind]) one.on('error', () => {})
    },
  )
  server.on('tlsClientError', () => {})
  const listening = await listen(server)
  return {
    seen,
    url: `https://127.0.0.1:${listening.port}/`,
    async [Symbol.asyncDispose]() {
      await listening[Symbol.asyncDispose]()
      await echo[Symbol.asyncDispose]()
    },
  }
}

const run = async (url: string, load: LoadInput) =>
  loadResultSchema.parse(
    await runLoad({ ...loadSchema.parse({ duration: '1s', warmUp: '0s', connections: 2, ...load }), url }),
  )

// Most of these wait for a second of load, and do so at once.

const httpTools = ['wrk', 'fortio', 'h2load'] as const

test.concurrent.for(httpTools)('%s sends the request of the load, after a warm-up', async (tool, context) => {
  await needed(tool, context)
  const { seen, url } = await echo(context)
  const asked = { method: 'PUT', headers: { 'x-mark': 'a "b" \\c' }, body: 'one\n"two" \\3 ü' }
  const result = await run(`${url}/put?a=b`, { tool, warmUp: '1s', ...asked })
  expect(seen.first).toBe(`PUT /put?a=b a "b" \\c one\n"two" \\3 ü`)
  expect(result).toMatchObject({ targetRate: null, errors: {}, tool: { name: tool } })
  expect(result.warmUpRequests).toBeGreaterThan(100)
  // What was under way at the end of either run is answered, and not counted.
  const under = seen.requests - result.requests - result.warmUpRequests
  expect(under).toBeGreaterThanOrEqual(0)
  expect(under).toBeLessThanOrEqual(4)
  expect(result.serviceTime).toMatchObject({ count: result.requests, p99Us: expect.any(Number) })
  if (process.platform === 'linux') expect(result.cpuUsPerRequest).toBeGreaterThan(1)
})

test.concurrent.for(httpTools)('%s: replies that are errors are counted as such', async (tool, context) => {
  await needed(tool, context)
  const { url } = await echo(context)
  const { requests, errors } = await run(`${url}/broken`, { tool })
  expect(requests).toBeGreaterThan(50)
  expect(errors).toEqual({ [tool === 'wrk' ? 'http_status' : 'http_5xx']: requests })
})

test.concurrent.for(['wrk', 'fortio'] as const)('%s opens a connection for every request', async (tool, context) => {
  await needed(tool, context)
  const { seen, url } = await echo(context)
  await run(url, { tool, keepAlive: false })
  expect(seen.connections).toBeGreaterThan(0.9 * seen.requests)
})

test.concurrent('fortio gets its further arguments, and the record says how it was started', async (context) => {
  await needed('fortio', context)
  const { url } = await echo(context)
  const { tool } = await run(url, { tool: 'fortio', rate: 50, toolArgs: ['-jitter'] })
  expect(tool?.command).toMatch(/fortio load .* -qps 50 -c 2 .* -jitter '?http/)
  expect(tool?.distortions).toContainEqual(expect.stringContaining('coordinated omission'))
})

test.concurrent('ghz calls a method that the server describes', async (context) => {
  await needed('ghz', context)
  await needed('fortio', context)
  await using server = await startFortioGrpc(0)
  const load = {
    ...loadSchema.parse({ duration: '1s', connections: 2 }),
    protocol: 'grpc',
    warmUpMs: 0,
    url: server.url,
  }
  const grpc = {
    method: 'fgrpc.PingServer/Ping',
    message: { payload: 'x' },
    metadata: [['x-mark', 'a'] as const],
    streams: 2,
  }
  const result = await runLoadTool(loadTools.ghz, { ...load, grpc })
  expect(result).toMatchObject({ errors: {}, serviceTime: { count: result.requests } })
  expect(result.requests).toBeGreaterThan(50)
  const at = await runLoadTool(loadTools.ghz, { ...load, grpc, rate: 50 })
  expect(at.requests).toBeLessThan(60)
})

test.concurrent.for([
  ['wrk', { verify: false }],
  ['h2load', { verify: false }],
  ['h2load', { verify: false }, { protocol: 'http2' }],
  ['fortio', { caFile: '', certFile: '', keyFile: '' }],
  ['ghz', { caFile: '', certFile: '', keyFile: '', serverName: 'echo.example' }, { protocol: 'grpc' }],
] as const)('%s over TLS, with %o', async ([tool, asked, over = { protocol: 'http' }], context) => {
  await needed(tool, context)
  using authority = await testAuthority()
  const names = 'serverName' in asked ? [asked.serverName] : ['127.0.0.1']
  const [shown, client] = [await authority.issue({ names }), await authority.issue({ names: ['client'] })]
  const files = { caFile: authority.caFile, certFile: client.certFile, keyFile: client.keyFile }
  const tls = { ...asked, ...('caFile' in asked ? files : {}) }
  await using server = await secureEcho({ ...shown, ca: authority.ca, requestCert: true })
  const grpc = over.protocol === 'grpc' ? { grpc: { method: 'meshmark.Echo/Unary' } } : {}
  const result = await run(server.url, { tool, ...over, ...grpc, tls })
  expect(result.errors).toEqual({})
  expect(result.requests).toBeGreaterThan(50)
  expect(server.seen).toEqual({ authorized: new Set(['caFile' in asked]), resumed: 0 })
  expect(JSON.stringify(result)).not.toContain('PRIVATE KEY')
  if (!('caFile' in asked)) return
  // The authority is not among the system's.
  const unknown = run(server.url, { tool, ...over, ...grpc, tls: { ...tls, caFile: undefined } })
  if (tool === 'ghz') await expect(unknown).rejects.toThrow('certificate signed by unknown authority')
  else {
    const { requests, errors } = await unknown
    expect(errors).toEqual({ failed: requests })
  }
})

test.concurrent('iperf3 streams to a server of its own kind', async (context) => {
  await needed('iperf3', context)
  const port = await freePort()
  const server = execa(
    'iperf3',
    ['--server', '--one-off', '--forceflush', '--bind', '127.0.0.1', '--port', `${port}`],
    {
      reject: false,
    },
  )
  context.onTestFinished(() => void server.kill())
  await once(server.stdout, 'data')
  const load = loadSchema.parse({ duration: '1s', connections: 1 })
  const url = `tcp://127.0.0.1:${port}`
  const result = await runLoadTool(loadTools.iperf3, { ...load, protocol: 'tcp', warmUpMs: 0, url })
  expect(result.bytesReceived).toBeGreaterThan(1e6)
})

test.concurrent.for([
  ['wrk', 'closed'],
  ['fortio', null],
  ['h2load', null],
] as const)('%s: what it makes of closed connections: %s', async ([tool, kind], context) => {
  await needed(tool, context)
  await using server = await rawServer((socket, n) => (n % 50 === 0 ? socket.destroy() : socket.write(okReply)))
  const { errors, tool: use } = await run(server.url, { tool })
  expect(Object.keys(errors)).toEqual(kind === null ? [] : [kind])
  if (kind === null) expect(use?.distortions).toContainEqual(expect.stringMatching(/the server closes is .*no error/))
})

test.for(['fortio', 'h2load'] as const)('%s keeps a rate', async (tool, context) => {
  await needed(tool, context)
  const { url } = await echo(context)
  const result = await run(url, { tool, rate: 100 })
  expect(result.targetRate).toBe(100)
  expect(result.requests).toBeGreaterThan(90)
  expect(result.requests).toBeLessThan(110)
})

test('a target that is not there is the tool’s failure, in its own words', async (context) => {
  await needed('wrk', context)
  const failing = run('http://127.0.0.1:1/', { tool: 'wrk' })
  await expect(failing).rejects.toMatchObject({
    code: 'LOAD_FAILED',
    message: expect.stringMatching(/wrk .*http:\/\/127\.0\.0\.1:1\/[\s\S]*unable to connect/),
  })
})

test('a tool ends with its load', async (context) => {
  await needed('wrk', context)
  const { seen, url } = await echo(context)
  const controller = new AbortController()
  const load = { ...loadSchema.parse({ tool: 'wrk', duration: '60s', warmUp: '0s' }), url }
  const running = runLoad(load, { signal: controller.signal })
  await expect.poll(() => seen.requests, { timeout: 10_000 }).toBeGreaterThan(0)
  controller.abort()
  await expect(running).rejects.toMatchObject({ message: 'the load was cancelled' })
  await new Promise((resolve) => setTimeout(resolve, 300))
  const then = seen.requests
  await new Promise((resolve) => setTimeout(resolve, 300))
  expect(seen.requests).toBe(then)
})
