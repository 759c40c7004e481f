import { readdir, readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { basename, join } from 'node:path'
import { expect, vi } from 'vitest'
import { allowedCpus, coresText, cpuListOf, separatesCores } from '../cores.ts'
import { loopbackIsRouted } from '../local/address.ts'
import { processStartTime } from '../local/process-table.ts'
import { onPath } from '../program.ts'
import type { Deployment, Pod, Program } from '../provider.ts'
import { inlineProgram, test } from '../testing.ts'
import { local } from './local.ts'

/** Answers every request with what the program can see of its surroundings. */
const server = `
  require('node:http').createServer((request, response) => response.end(JSON.stringify({ pid: process.pid, env: process.env })))
    .listen(process.env.PORT_HTTP, process.env.HOST)`

async function ask(pod: Pod): Promise<{ pid: number; env: Record<string, string> }> {
  return JSON.parse(await (await fetch(`http://${pod.host}:${pod.ports.http}/`)).text())
}

const gone = (pid: number) => vi.waitFor(() => expect(processStartTime(pid)).toBeNull(), { timeout: 5000 })

test('settings, of which it has none, are refused', async () => {
  const spec = { runId: 'test-settings', workDir: '/nowhere', settings: { keep: true } }
  await expect(local.provision(spec)).rejects.toMatchObject({
    code: 'CLUSTER_CONFIG_INVALID',
    message: expect.stringContaining('keep: none'),
  })
})

test('two pods have the same port on addresses of their own', async ({ cluster, skip }) => {
  if (!(await loopbackIsRouted())) skip('only 127.0.0.1 is routed here')
  const [one, two] = await Promise.all(['one', 'two'].map((name) => cluster.deploy(inlineProgram(name, server))))
  expect(one?.ports).toEqual({ http: 8080 })
  expect(two?.ports).toEqual({ http: 8080 })
  expect(one?.host).toMatch(/^127\./)
  expect(one?.host).not.toBe(two?.host)
})

test('an address that others use is left to them', async ({ cluster, ref, skip }) => {
  if (!(await loopbackIsRouted())) skip('only 127.0.0.1 is routed here')
  const first = await cluster.deploy(inlineProgram('first', server))
  const next = first.host.replace(/\d+$/, (last) => String(Number(last) + 1))
  await using _ = await new Promise<ReturnType<typeof createServer>>((resolve) => {
    const occupant = createServer().listen(8080, next, () => resolve(occupant))
  })
  const other = await local.connect(ref)
  const pod = await other.deploy(inlineProgram('second', server))
  expect(pod.host).not.toBe(first.host)
  expect(pod.host).not.toBe(next)
  await other[Symbol.asyncDispose]()
})

test('a program gets its address and ports, and nothing of the user’s environment', async ({ cluster }) => {
  vi.stubEnv('STATUS', '500')
  const env = { SETTING: 'a value' }
  const pod = await cluster.deploy(inlineProgram('app', server, { ports: { http: 8080, 'side-door': 9000 }, env }))
  vi.unstubAllEnvs()
  const seen = (await ask(pod)).env
  expect(seen).toMatchObject({ HOST: pod.host, PORT_HTTP: String(pod.ports.http), SETTING: 'a value' })
  expect(seen.PORT_SIDE_DOOR).toBe(String(pod.ports['side-door']))
  expect(seen).not.toHaveProperty('STATUS')
})

test('a sidecar shares the address of its pod', async ({ cluster }) => {
  const app = await cluster.deploy(inlineProgram('app', server))
  const more = { beside: app, ports: { http: 9090 }, role: 'proxy' } satisfies Partial<Deployment>
  const sidecar = await cluster.deploy(inlineProgram('sidecar', server, more))
  expect(sidecar.host).toBe(app.host)
  expect((await ask(sidecar)).pid).not.toBe((await ask(app)).pid)
  expect(cluster.pods('test').map((pod) => pod.role)).toEqual(['app', 'proxy'])
})

test('ending a pod reaches what its program started', async ({ cluster }) => {
  const withChild = `
    const child = require('node:child_process').spawn('sleep', ['600'], { stdio: 'ignore' })
    require('node:http').createServer((request, response) => response.end(String(child.pid)))
      .listen(process.env.PORT_HTTP, process.env.HOST)`
  const pod = await cluster.deploy(inlineProgram('parent', withChild))
  const grandchild = Number(await (await fetch(`http://${pod.host}:${pod.ports.http}/`)).text())
  expect(processStartTime(grandchild)).not.toBeNull()
  await pod[Symbol.asyncDispose]()
  expect(pod.running()).toBe(false)
  expect(cluster.pods()).toEqual([])
  await gone(grandchild)
})

test('a program that never turns ready is named, with how to try it and what it said', async ({ cluster, ref }) => {
  const stuck = `console.log('still waiting for the database', process.pid)
    require('node:http').createServer((request, response) => response.writeHead(503).end())
      .listen(process.env.PORT_HTTP, process.env.HOST)`
  const probe = { readinessProbe: { port: 'http', path: '/ready', timeoutMs: 5000 }, env: { GREETING: "it's me" } }
  const failed = cluster.deploy(inlineProgram('stuck', stuck, probe))
  await expect(failed).rejects.toMatchObject({ code: 'CLUSTER_NOT_READY' })
  const message: string = await failed.then(String, (error: Error) => error.message)
  expect(message).toMatch(
    /^stuck in test was not ready after 5\.\d s: GET http:\/\/127\.[\d.]+:\d+\/ready should return 200, got 503\n/,
  )
  expect(message).toContain(` GREETING='it'\\''s me' ${process.execPath} -e `)
  expect(message).toMatch(/last output:\n {4}still waiting for the database \d+$/)
  expect(cluster.pods()).toEqual([])
  expect(await readdir(join(ref.workDir, 'addresses'))).toEqual([])
  await gone(Number(/\d+$/.exec(message)?.[0]))
})

test('a program that ends before it is ready is not waited for', async ({ cluster }) => {
  const startedAt = performance.now()
  const failed = cluster.deploy(
    inlineProgram('broken', `console.error('no such file: settings.json'); process.exit(3)`),
  )
  await expect(failed).rejects.toMatchObject({ code: 'CLUSTER_DEPLOY_FAILED' })
  await expect(failed).rejects.toThrow(
    /^broken in test ended after \d\.\d s, before it was ready: exit code 3\n.*no such file: settings\.json$/s,
  )
  expect(performance.now() - startedAt).toBeLessThan(15_000)
})

test('a program that is not there is named', async ({ cluster }) => {
  const program = (): Program => ({ kind: 'binary', file: '/nowhere/envoy', args: [], version: '' })
  await expect(cluster.deploy(inlineProgram('missing', '', { program }))).rejects.toThrow(/missing in test .*ENOENT/s)
})

test('a program gets a free port for itself and runs in its folder; an image is none here', async ({
  cluster,
  ref,
}) => {
  const folder = ref.workDir
  // As services do that do not ask for an address.
  const wildcard = `require('node:http').createServer((_, response) => response.end(process.cwd())).listen(process.env.PORT)`
  const deploy = (name: string) =>
    cluster.deploy(
      inlineProgram(name, '', {
        ports: { http: 0 },
        program: () => ({ kind: 'binary', file: process.execPath, args: ['-e', wildcard], version: '', folder }),
      }),
    )
  const [one, other] = await Promise.all([deploy('one'), deploy('other')])
  expect(one?.ports.http).not.toBe(other?.ports.http)
  expect((await one?.get('http', '/'))?.body).toBe(folder)
  const image = cluster.deploy(inlineProgram('shop', '', { program: () => ({ kind: 'image', image: 'shop:2' }) }))
  await expect(image).rejects.toMatchObject({ code: 'CLUSTER_CONFIG_INVALID' })
})

test('use of CPU and memory is counted for the whole group', async ({ cluster, skip }) => {
  if (process.platform !== 'linux') skip('there is no /proc here')
  const burn = `const end = performance.now() + 300; while (performance.now() < end);`
  const busy = `${burn} require('node:child_process').execFileSync(process.execPath, ['-e', ${JSON.stringify(burn)}]);
    ${server}`
  const pod = await cluster.deploy(inlineProgram('busy', busy))
  const { cpuMs, memoryBytes } = await pod.usage()
  // The machine may be shared: what was asked for is wall time, and CPU time is at most that.
  expect(cpuMs).toBeGreaterThan(150)
  expect(cpuMs).toBeLessThan(20_000)
  expect(memoryBytes).toBeGreaterThan(10 * 1024 * 1024)
  expect((await pod.usage()).cpuMs).toBeGreaterThanOrEqual(cpuMs ?? 0)
})

test('logs are collected, also of pods that failed or are gone', async ({ cluster, ref }) => {
  const pod = await cluster.deploy(inlineProgram('talker', `console.log('hello'); ${server}`))
  expect(await pod.logs()).toBe('hello\n')
  await pod[Symbol.asyncDispose]()
  await cluster.deploy(inlineProgram('talker', `console.log('again'); ${server}`))
  await expect(cluster.deploy(inlineProgram('broken', `console.log('bye')`))).rejects.toThrow()
  const files = await cluster.collectLogs(join(ref.workDir, 'collected'))
  const texts = await Promise.all(files.map(async (file) => [basename(file), await readFile(file, 'utf8')]))
  expect(Object.fromEntries(texts)).toEqual({
    'test-broken.log': 'bye\n',
    'test-talker.log': 'hello\n',
    'test-talker-2.log': 'again\n',
  })
})

test('the load has other cores than what it measures, until it is given back', async ({ cluster, skip }) => {
  const own = allowedCpus(await readFile('/proc/self/status', 'utf8').catch(() => ''))
  if (own.length < 2 || (await onPath('taskset', process.env.PATH ?? '')) === null) skip('two cores and taskset needed')
  if (!separatesCores(cluster)) throw new Error('local cannot separate cores')
  const tell = `require('node:fs').readFileSync('/proc/self/status', 'utf8')`
  const telling = `require('node:http').createServer((request, response) => response.end(${tell}))
    .listen(process.env.PORT_HTTP, process.env.HOST)`
  const program: Program = { kind: 'binary', file: process.execPath, args: ['-p', tell], version: process.version }
  /** CPUs of a pod that is started now, and of a job. */
  const given = async (name: string) => {
    const pod = await cluster.deploy(inlineProgram(name, telling))
    const lines: string[] = []
    const onLine = (line: string) => lines.push(line)
    await cluster.run({ name: 'load', namespace: 'test', program, input: '', timeoutMs: 20_000, onLine })
    return { measured: allowedCpus((await pod.get('http', '/')).body), load: allowedCpus(lines.join('\n')) }
  }
  expect(await given('before')).toEqual({ measured: own, load: own })
  const shares = await cluster.separateCores('', '')
  const { measured, load } = await given('between')
  expect(shares.words).toBe(
    `the load has ${coresText(cpuListOf(load))}, what it measures ${coresText(cpuListOf(measured))}`,
  )
  expect([...measured, ...load].toSorted((a, b) => a - b)).toEqual(own)
  expect(measured.length).toBeGreaterThanOrEqual(load.length)
  expect(load.length).toBeGreaterThan(0)
  await shares[Symbol.asyncDispose]()
  expect(await given('after')).toEqual({ measured: own, load: own })
})

test('a cluster that is gone takes no more pods, not even one that was starting', async ({ cluster }) => {
  const starting = cluster.deploy(inlineProgram('late', `setTimeout(() => { ${server} }, 200)`))
  await cluster[Symbol.asyncDispose]()
  await expect(starting).rejects.toThrow('late was not started: the cluster has been removed')
  await expect(cluster.deploy(inlineProgram('later', server))).rejects.toThrow('has been removed')
  expect(cluster.pods()).toEqual([])
})
