import { readFileSync, readlinkSync } from 'node:fs'
import { expect, test } from 'vitest'
import { command } from '../../clusters/kind/command.ts'
import { deployEcho } from '../../clusters/testing.ts'
import { sharedCluster } from '../../clusters/testing-kind.ts'
import { probes } from '../../ebpf/probes/index.ts'
import { skipWithout } from '../../ebpf/testing.ts'
import { attachProbe, type ProbeReading } from '../probes/attach.ts'
import type { PodSeries, ProcessSeries } from '../probes/figures.ts'
import { chosenPods } from '../probes/targets.ts'
import { meshmark } from '../run/testing.ts'
import { attribute, type LiveAttribution } from './attribution.ts'
import type { PodPids } from './pod-pids.ts'

const shared = sharedCluster('test-attribution')

interface Truth {
  name: string
  namespace: string
  node: string
  container: string
  id: string
  hostNetwork: boolean
  /** The container's first process, as this machine numbers it. */
  pid: number
}

/** Every running container, as the API server has it and as the runtime of its node does. */
async function truth(): Promise<Truth[]> {
  const { items } = await shared.cluster.kube.core.listPodForAllNamespaces()
  const containers = items.flatMap(({ metadata, spec, status }) =>
    (status?.containerStatuses ?? [])
      .filter(({ state }) => state?.running)
      .map(({ name, containerID = '' }) => ({
        name: metadata?.name ?? '',
        namespace: metadata?.namespace ?? '',
        node: spec?.nodeName ?? '',
        container: name,
        id: containerID.replace('containerd://', ''),
        hostNetwork: spec?.hostNetwork === true,
      })),
  )
  const nodes = [...new Set(containers.map(({ node }) => node))]
  const pids = new Map((await Promise.all(nodes.map(firstProcesses))).flat())
  return containers.map((one) => ({ ...one, pid: pids.get(one.id) ?? Number.NaN }))
}

/** The first process of each container of a node, by the container's id: as its runtime says, and as this machine numbers it. */
async function firstProcesses(node: string): Promise<[string, number][]> {
  const tasks = await command('docker', ['exec', node, 'ctr', '--namespace', 'k8s.io', 'tasks', 'list'])
  const processes = await command('docker', ['top', node, '-eo', 'pid'])
  // A node numbers its processes itself: of the numbers of a process that is the second.
  const ofNode = new Map(
    processes
      .split('\n')
      .slice(1)
      .map((pid) => [/^NSpid:\s+\d+\s+(\d+)/m.exec(statusOf(Number(pid)))?.[1], Number(pid)]),
  )
  return tasks
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const [id = '', pid] = line.split(/\s+/)
      return [[id, ofNode.get(pid) ?? Number.NaN] satisfies [string, number]]
    })
}

function statusOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8')
  } catch {
    return ''
  }
}

const netnsOf = (pid: number) => Number(/\d+/.exec(readlinkSync(`/proc/${pid}/ns/net`))?.[0])

function expectOwner(
  { attribution }: LiveAttribution,
  { pid, namespace, name: pod, container, hostNetwork }: Truth,
): void {
  const owner = { namespace, pod, container }
  expect(attribution.ownerOf({ pid })).toMatchObject(owner)
  const netns = netnsOf(pid)
  if (hostNetwork) expect(attribution.ownerOf({ netns })).toBeNull()
  else expect(attribution.ownerOf({ netns })).toMatchObject({ ...owner, container: null })
}

test('every container of a cluster is found, by process and by network namespace, also once it is gone', async (context) => {
  shared.needed(context)
  const pod = await deployEcho(shared.cluster, 'attributed')
  using live = await attribute(shared.cluster)
  const since = performance.now()
  const before = await truth()
  const kinds = before.map(({ namespace, container, hostNetwork }) => `${namespace} ${container} ${hostNetwork}`)
  expect(kinds).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^attributed-?\S* app false$/),
      'kube-system coredns false',
      'kube-system etcd true',
      'kube-system kube-proxy true',
    ]),
  )
  live.attribution.refresh()
  for (const one of before) expectOwner(live, one)
  const server = before.find(({ container, namespace }) => container === 'app' && namespace.startsWith('attributed'))
  const netns = netnsOf(server?.pid ?? 0)
  await pod[Symbol.asyncDispose]()
  const later = await deployEcho(shared.cluster, 'attributed')
  live.attribution.refresh()
  expect(live.attribution.ownerOf({ pid: server?.pid ?? 0 })).toMatchObject({ pod: server?.name, container: 'app' })
  // Its inode may be that of the new pod by now.
  expect(live.attribution.ownerOf({ netns })?.namespace).toBe(server?.namespace)
  const after = (await truth()).find(
    ({ container, namespace }) => container === 'app' && namespace.startsWith('attributed'),
  )
  expectOwner(live, after as Truth)
  await later[Symbol.asyncDispose]()
  const { refreshes, cpuMs } = live.cost()
  expect(refreshes).toBeGreaterThan(3)
  expect(cpuMs / (performance.now() - since)).toBeLessThan(0.03)
})

test('meshmark pods --pids agrees with the API server, the runtimes and /proc', async (context) => {
  shared.needed(context)
  const kubeconfig = shared.ref.kube?.kubeconfig ?? ''
  const { stdout, exitCode } = await meshmark(['pods', '--pids', '--json', '--kubeconfig', kubeconfig])
  const { pods } = JSON.parse(stdout) as { pods: PodPids[] }
  expect(exitCode).toBe(0)
  // The pods of the test before may be on their way out.
  const stays = ({ namespace }: { namespace: string }) => !namespace.startsWith('attributed')
  const expected = (await truth()).filter(stays)
  const listed = pods.filter(stays)
  for (const { name, namespace, node, container, id, pid } of expected) {
    const pod = pods.find((one) => one.pod_name === name && one.namespace === namespace)
    expect(pod?.node_name).toBe(node)
    expect(pod?.processes).toContainEqual({
      pid,
      container,
      container_id: id,
      ppid: Number(/^PPid:\s+(\d+)$/m.exec(statusOf(pid))?.[1]),
      command: /^Name:\s+(.*)$/m.exec(statusOf(pid))?.[1],
    })
  }
  expect(listed.map(({ pod_name }) => pod_name).sort()).toEqual([...new Set(expected.map(({ name }) => name))].sort())
  // Each pod has the process that holds its namespaces besides.
  for (const { processes } of listed)
    expect(processes.find(({ container }) => container === null)?.command).toBe('pause')
  const text = await meshmark(['pods', '--pids', '--kubeconfig', kubeconfig])
  for (const { pid, name } of expected) expect(text.stdout).toMatch(new RegExp(`^\\S+ +${name} .* ${pid} `, 'm'))
})

test('meshmark probe says of chosen pods what the API server and /proc say of them', async (context) => {
  shared.needed(context)
  await skipWithout(probes.requests, context.skip)
  const kubeconfig = shared.ref.kube?.kubeconfig ?? ''
  await using pod = await deployEcho(shared.cluster, 'probed')
  await using _other = await deployEcho(shared.cluster, 'not-probed')
  const [listed] = (await shared.cluster.kube.core.listNamespacedPod({ namespace: 'probed' })).items
  const { name, uid, labels } = listed?.metadata ?? {}
  const ofPod = { namespace: 'probed', pod: name, uid, labels, container: 'app' }
  const requests = async (count: number) => {
    for (let i = 0; i < count; i++) expect((await pod.get('http', '/')).status).toBe(200)
  }
  const live = await attribute(shared.cluster)
  const target = await chosenPods(live, { namespace: 'probed', selector: null }, { cluster: 'kind', waitMs: 0 })
  {
    await using attached = await attachProbe('requests', target)
    await requests(40)
    const { series, unattributed } = await attached.detach()
    expect(series).toMatchObject([{ ...ofPod, kind: 'server' }])
    // The kubelet asks as well whether it is ready.
    expect(series[0]?.count).toBeGreaterThanOrEqual(40)
    expect(series[0]?.count).toBeLessThan(80)
    expect(unattributed?.share).toBeLessThan(0.01)
  }
  const { pid } = (await truth()).find((one) => one.name === name) as Truth
  const run = async <S>(...args: string[]) => {
    const asked = Promise.all([
      meshmark(['probe', ...args, '--json', '-d', '4s', '--kubeconfig', kubeconfig]),
      requests(200),
    ])
    const [{ stdout, stderr, exitCode }] = await asked
    return { exitCode, stderr, reading: (stdout === '' ? null : JSON.parse(stdout)) as ProbeReading<S> }
  }
  const chosen = await run<PodSeries>('runqueue', '-n', 'probed', '-l', 'app in (http-echo),!missing')
  expect(chosen).toMatchObject({ exitCode: 0, stderr: '' })
  expect(chosen.reading.series).toMatchObject([{ ...ofPod, kind: 'runqueue' }])
  const none = await run('runqueue', '-n', 'probed', '-l', 'app=x')
  expect(none).toMatchObject({ exitCode: 2, reading: null })
  expect(none.stderr).toMatch(
    /has no pods with app=x in namespace probed; pods:\n {2}probed\/http-echo-.* {2}app=http-echo,/,
  )
  const whole = await meshmark(['probe', 'syscalls', '--pid', `${pid}`, '--json', '-d', '1s'])
  const ofProcess = JSON.parse(whole.stdout) as ProbeReading<ProcessSeries>
  expect(ofProcess.target).toEqual({ kind: 'process', pid, command: /^Name:\s+(.*)$/m.exec(statusOf(pid))?.[1] })
})
