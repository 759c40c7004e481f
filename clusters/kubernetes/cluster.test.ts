import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { command } from '../kind/command.ts'
import { baseline } from '../meshes/baseline/mesh.ts'
import type { ClusterRef, Deployment, Job, Pod, Program } from '../provider.ts'
import { deployEcho, enrolled } from '../testing.ts'
import { sharedCluster } from '../testing-kind.ts'
import { isKubernetes, type KubernetesCluster } from './cluster.ts'
import { exec } from './exec.ts'
import { labelKeys, runLabels } from './labels.ts'
import { deleteNamespace } from './namespace.ts'

const shared = sharedCluster('test-cluster')
let workDir: string
let ref: ClusterRef
let cluster: KubernetesCluster

beforeAll(async () => {
  ref = shared.ref
  cluster = shared.cluster
  workDir = await mkdtemp(join(tmpdir(), 'meshmark-test-'))
})

afterAll(() => rm(workDir, { recursive: true, force: true }))

// Most of these only wait, and are at it at once: each in namespaces of its own, or with names of its own.

/** A one-file Node program of the test's own. */
async function programOf(name: string, code: string): Promise<Program> {
  const file = join(workDir, `${name}.mjs`)
  await writeFile(file, code)
  return { kind: 'node', file }
}

async function inline(name: string, code: string, more: Partial<Deployment> = {}): Promise<Deployment> {
  const program = await programOf(name, code)
  return {
    name,
    namespace: 'inline',
    role: 'app',
    program: () => program,
    ports: { http: 8080 },
    readinessProbe: { port: 'http', path: '/', timeoutMs: 30_000 },
    ...more,
  }
}

const answers = `import { createServer } from 'node:http'
createServer((q, r) => r.end(JSON.stringify(process.env))).listen(process.env.PORT_HTTP, process.env.HOST)`

/** Reads what it is to do from stdin, sends requests, and writes a line for each. */
const client = `import { text } from 'node:stream/consumers'
const { url, count } = JSON.parse(await text(process.stdin))
console.error('on my way to ' + url)
// A service that has just been made is refused until its rules have come to this node.
const open = async (tries) => fetch(url).catch((error) => {
  if (tries === 0) throw error
  return new Promise((go) => setTimeout(go, 100)).then(() => open(tries - 1))
})
for (let n = 1; n <= count; n++) console.log(n + ' ' + (await (await open(50)).text()).trim())`

const job = (program: Program, more: Partial<Job> = {}): Job => ({
  name: 'client',
  namespace: 'arm',
  program,
  input: '',
  timeoutMs: 60_000,
  onLine: () => {},
  ...more,
})

async function gone(part: Pod | string, namespace: string): Promise<void> {
  const name = typeof part === 'string' ? part : part.name
  const all = async () => {
    const [pods, deployments, services, jobs] = await Promise.all([
      cluster.kube.core.listNamespacedPod({ namespace }),
      cluster.kube.apps.listNamespacedDeployment({ namespace }),
      cluster.kube.core.listNamespacedService({ namespace }),
      cluster.kube.batch.listNamespacedJob({ namespace }),
    ])
    return [pods, deployments, services, jobs].flatMap(({ items }) => items.map(({ metadata }) => metadata?.name ?? ''))
  }
  await vi.waitFor(async () => expect((await all()).filter((one) => one.startsWith(name))).toEqual([]), 20_000)
}

test.concurrent('load in the cluster reaches a workload; the evidence, the use and the way back are the same as on local', async (context) => {
  shared.needed(context)
  expect(isKubernetes(cluster)).toBe(true)
  const server = await deployEcho(cluster, 'arm')
  expect(server).toMatchObject({
    name: 'http-echo',
    namespace: 'arm',
    host: 'http-echo.arm.svc',
    ports: { http: 8080 },
  })
  expect(server.running()).toBe(true)
  expect(await server.get('http', '/?status=404&size=3')).toEqual({ status: 404, body: 'xxx' })

  const installation = await baseline.install(cluster, 'none')
  const { target, watch } = await enrolled(installation, server)
  const prove = await watch()
  const before = await server.usage()
  const lines: string[] = []
  const input = JSON.stringify({ url: target, count: 500 })
  await cluster.run(job(await programOf('client', client), { input, onLine: (line) => lines.push(line) }))
  expect(lines).toHaveLength(500)
  expect(lines.at(-1)).toBe('500 hello from http-echo')
  expect(await prove(500)).toMatchObject({
    summary: 'no proxy, plain text',
    facts: { plaintextAccepted: true, requestsAtServer: 500 },
    mismatches: [],
  })
  const after = await server.usage()
  expect(after.cpuMs).toBeGreaterThan(before.cpuMs ?? Number.POSITIVE_INFINITY)
  expect(after.memoryBytes).toBeGreaterThan(10 * 1024 * 1024)
  expect(after).toMatchObject({ restarts: 0, throttledMs: expect.any(Number) })
  await gone('client', 'arm')

  await server[Symbol.asyncDispose]()
  expect(server.running()).toBe(false)
  await expect(server.get('http', '/')).rejects.toThrow()
  expect(cluster.pods('arm')).toEqual([])
  await gone(server, 'arm')
})

test.concurrent('every object says whose it is, and the pod security standard restricted admits it', async (context) => {
  shared.needed(context)
  const namespace = await cluster.namespace('strict')
  const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' }
  await command('kubectl', [
    '--kubeconfig',
    ref.kube?.kubeconfig ?? '',
    'label',
    'namespace',
    namespace,
    'pod-security.kubernetes.io/enforce=restricted',
  ]).catch(() => context.skip('there is no kubectl'))
  expect((await cluster.kube.core.readNamespace({ name: namespace })).metadata?.labels).toMatchObject({
    ...labels,
    ...runLabels(ref),
  })
  const pod = await cluster.deploy(await inline('strict', answers, { namespace, env: { SETTING: '$(HOST) $$ "a"' } }))
  const env = JSON.parse((await pod.get('http', '/')).body)
  expect(env).toMatchObject({ PORT_HTTP: '8080', HOST: '0.0.0.0', SETTING: '$(HOST) $$ "a"' })
  await cluster.run(job(await programOf('fine', 'console.log(1)'), { namespace }))
  const { items } = await cluster.kube.core.listNamespacedPod({ namespace })
  expect(items[0]?.metadata?.labels).toMatchObject(runLabels(ref))
  await pod[Symbol.asyncDispose]()
})

test.concurrent('a placement is kept to, and one that no node fits is refused with what there is', async (context) => {
  shared.needed(context)
  const known = await cluster.nodes()
  expect(known.filter(({ schedulable }) => schedulable)).toHaveLength(2)
  const worker = known.find(({ labels }) => labels['meshmark.dev/node'] === 'a')
  const placement = { nodeLabels: { 'meshmark.dev/node': 'a' }, architecture: worker?.architecture ?? '' }
  const paths = ['headless', 'node-port'] as const
  const pod = await cluster.deploy(await inline('placed', answers, { placement, paths }))
  expect(pod.node).toBe(worker?.name)
  const urls = Object.values(pod.endpoints).map(({ host, ports }) => `http://${host}:${ports.http}/`)
  expect(Object.keys(pod.endpoints).sort()).toEqual(['cluster-ip', 'headless', 'node-port', 'pod-ip'])
  const lines = new Map<number, string[]>()
  await cluster.run(
    job(await programOf('client', client), {
      input: urls.map((url) => JSON.stringify({ url, count: 2 })),
      onLine: (line, copy) => lines.set(copy, [...(lines.get(copy) ?? []), line]),
      ...{ placement, namespace: 'inline' },
    }),
  )
  expect([...lines].map(([copy, { length }]) => [copy, length]).sort()).toEqual([0, 1, 2, 3].map((copy) => [copy, 2]))
  await pod[Symbol.asyncDispose]()
  const nowhere = { nodeLabels: { 'meshmark.dev/node': 'z', zone: 'x' }, architecture: 's390x' }
  await expect(cluster.deploy(await inline('lost', answers, { placement: nowhere }))).rejects.toThrow(
    /^lost in inline cannot be placed: no node fits\n {2}nodeLabels.meshmark.dev\/node: no node has 'z'; there is a, b\n {2}nodeLabels.zone: no node has such a label; there is .*\n {2}architecture: no node is s390x; there is /,
  )
  await gone('lost', 'inline')
})

// Where the machine is busy, the scheduler may have said nothing yet.
test.concurrent('a pod or job that names a node without room for it finds no place', { retry: 1 }, async (context) => {
  shared.needed(context)
  const node = (await cluster.nodes()).find(({ schedulable }) => schedulable)
  const placement = { nodeLabels: { 'kubernetes.io/hostname': node?.name ?? '' } }
  const resources = { cpuMillicores: { request: 1_000_000 } }
  const told: string[] = []
  using _ = cluster.tellWaiting((words) => told.push(words))
  const outcomes = await Promise.allSettled([
    cluster.deploy(await inline('big', answers, { placement, resources })),
    cluster.run(job(await programOf('fine', 'console.log(1)'), { namespace: 'inline', placement, resources })),
  ])
  for (const outcome of outcomes) {
    const reason = outcome.status === 'rejected' ? outcome.reason : null
    expect(reason).toMatchObject({ code: 'CLUSTER_POD_UNPLACED' })
    expect(reason.message).toMatch(/ in inline found no place after \d+\.\d s: .*Insufficient cpu/)
  }
  expect(told.join('\n')).toMatch(/inline\/(big|fine)-\S+ waits: .*Insufficient cpu/)
  await gone('big', 'inline')
})

test.concurrent('a pod that a quota, a limit or a policy refuses is noticed soon, of a deployment and of a job', async (context) => {
  shared.needed(context)
  const { core } = cluster.kube
  const item = { max: { cpu: '50m' }, type: 'Container' }
  await Promise.all([
    core.createNamespacedResourceQuota({
      namespace: await cluster.namespace('quota'),
      body: { metadata: { name: 'none' }, spec: { hard: { pods: '0' } } },
    }),
    core.createNamespacedLimitRange({
      namespace: await cluster.namespace('limits'),
      body: { metadata: { name: 'small' }, spec: { limits: [item] } },
    }),
  ])
  const fine = await programOf('fine', 'console.log(1)')
  const startedAt = performance.now()
  const outcomes = await Promise.all(
    ['quota', 'limits'].flatMap((namespace) =>
      [
        inline('refused', answers, { namespace }).then((one) => cluster.deploy(one)),
        cluster.run(job(fine, { namespace, input: ['', ''] })),
      ].map((one) =>
        one.then(
          () => null,
          (error: Error) => error,
        ),
      ),
    ),
  )
  expect(performance.now() - startedAt).toBeLessThan(60_000)
  const codes = ['CLUSTER_DEPLOY_FAILED', 'CLUSTER_JOB_FAILED']
  expect(outcomes).toMatchObject([...codes, ...codes].map((code) => ({ code })))
  for (const [i, why] of [/exceeded quota: none/, /must be less than or equal to cpu limit/].entries())
    for (const outcome of outcomes.slice(2 * i, 2 * i + 2))
      expect(outcome?.message).toMatch(new RegExp(`could not be started.*${why.source}`))
})

test.concurrent('a program that never turns ready, or ends, is named with its events and output, and nothing of it stays', async (context) => {
  shared.needed(context)
  const stuck = `console.log('still waiting for the database')\n${answers.replace('r.end', 'r.writeHead(503).end')}`
  const probe = { readinessProbe: { port: 'http', path: '/ready', timeoutMs: 5000 } }
  const failed = cluster.deploy(await inline('stuck', stuck, probe))
  await expect(failed).rejects.toMatchObject({ code: 'CLUSTER_NOT_READY' })
  await expect(failed).rejects.toThrow(
    /^stuck in inline was not ready after [\d.]+ s: GET \/ready on port http .*\n {2}events:\n.*Readiness probe failed.*\n {2}last output:\n {4}still waiting for the database$/s,
  )
  await gone('stuck', 'inline')
  const broken = cluster.deploy(await inline('broken', `console.error('no such file: settings.json'); process.exit(3)`))
  await expect(broken).rejects.toMatchObject({ code: 'CLUSTER_DEPLOY_FAILED' })
  await expect(broken).rejects.toThrow(
    /^broken in inline ended before it was ready after [\d.]+ s: exit code 3\n.*no such file: settings\.json/s,
  )
  await gone('broken', 'inline')
})

test.concurrent('a job that fails, takes too long or is aborted is named and removed', async (context) => {
  shared.needed(context)
  const failing = await programOf('failing', `console.log('a line'); console.error('no target'); process.exit(4)`)
  const lines: string[] = []
  const failed = cluster.run(job(failing, { namespace: 'jobs', onLine: (line) => lines.push(line) }))
  await expect(failed).rejects.toMatchObject({ code: 'CLUSTER_JOB_FAILED' })
  await expect(failed).rejects.toThrow(/^client in jobs failed after [\d.]+ s: exit code 4\n.*no target$/s)
  expect(lines).toEqual(['a line'])
  const endless = await programOf('endless', `console.log('here'); setInterval(() => {}, 1000)`)
  await expect(cluster.run(job(endless, { namespace: 'jobs', timeoutMs: 1500 }))).rejects.toThrow(
    'client in jobs was stopped after its limit of 1.5 s',
  )
  const abort = new AbortController()
  const reason = new Error('interrupted')
  await expect(
    cluster.run(job(endless, { namespace: 'jobs', signal: abort.signal, onLine: () => abort.abort(reason) })),
  ).rejects.toMatchObject({ cause: reason })
  const onLine = () => {
    throw new Error('not what I expected')
  }
  await expect(cluster.run(job(endless, { namespace: 'jobs', onLine }))).rejects.toThrow('not what I expected')
  await gone('client', 'jobs')
})

test.concurrent('a namespace that is not ours is refused; what holds one that will not go is said', async (context) => {
  shared.needed(context)
  const { core } = cluster.kube
  await core.createNamespace({ body: { metadata: { name: 'theirs' } } })
  await expect(cluster.deploy(await inline('guest', answers, { namespace: 'theirs' }))).rejects.toThrow(
    /namespace theirs exists, and it is not ours: nothing was put into it/,
  )
  const body = { metadata: { name: 'holding', finalizers: ['meshmark.dev/never'] } }
  await core.createNamespacedConfigMap({ namespace: 'theirs', body })
  const failed = deleteNamespace(cluster.kube, 'theirs', 10_000)
  await expect(failed).rejects.toMatchObject({ code: 'CLUSTER_NOT_REMOVED' })
  await expect(failed).rejects.toThrow(
    /namespace theirs was not gone after 10 s\n.*configmaps\..*has 1 resource instances.*meshmark\.dev\/never/s,
  )
  await cluster.kube.objects.patch(
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'holding', namespace: 'theirs', finalizers: null },
    } as never,
    undefined,
    undefined,
    undefined,
    undefined,
    'application/merge-patch+json',
  )
  await deleteNamespace(cluster.kube, 'theirs')
})

test('lines come as they are written, long ones whole and none twice', async (context) => {
  shared.needed(context)
  const code = `for (let n = 0; n < 5; n++) { console.log(n + ' ' + 'x'.repeat(n * 50_000)); await new Promise((go) => setTimeout(go, 400)) }
process.stdout.write('the end')`
  const came: [number, number][] = []
  const lines: string[] = []
  await cluster.run(
    job(await programOf('talker', code), {
      onLine: (line) => {
        came.push([Number(line[0]), performance.now()])
        lines.push(line)
      },
    }),
  )
  expect(lines.map((line) => line.length)).toEqual([2, 50_002, 100_002, 150_002, 200_002, 7])
  // The first ones may be there before anybody reads.
  const [, , , fourth, fifth] = came.map(([, at]) => at)
  expect((fifth ?? 0) - (fourth ?? 0)).toBeGreaterThan(200)
})

test('commands, ports and logs of a pod can be had from outside', async (context) => {
  shared.needed(context)
  const pod = await cluster.deploy(
    await inline('open', `console.log('hello'); ${answers}`, { paths: ['port-forward'] }),
  )
  const namespace = await cluster.namespace('inline')
  const { items } = await cluster.kube.core.listNamespacedPod({ namespace, labelSelector: `${labelKeys.part}=open` })
  const name = items[0]?.metadata?.name ?? ''
  const at = { namespace, pod: name, container: 'app' }
  expect(
    await exec(cluster.kube, at, ['node', '-e', `console.log('$HOME'); console.error(2); process.exit(7)`]),
  ).toEqual({ exitCode: 7, stdout: '$HOME\n', stderr: '2\n' })
  const forward = pod.endpoints['port-forward']
  const replies = await Promise.all(
    [1, 2, 3].map(async () => (await fetch(`http://${forward?.host}:${forward?.ports.http}/`)).status),
  )
  expect(replies).toEqual([200, 200, 200])
  expect(await pod.logs()).toBe('hello\n')
  const dir = join(workDir, 'collected')
  const files = await cluster.collectLogs(dir)
  const names = files.map((file) => basename(file))
  expect(names).toContain(`inline-${name}-app.log`)
  expect(await readFile(join(dir, `inline-${name}-app.log`), 'utf8')).toBe('hello\n')
  expect(await readFile(join(dir, 'inline-events.txt'), 'utf8')).toMatch(/Started Pod\/open-/)
  await pod[Symbol.asyncDispose]()
})
