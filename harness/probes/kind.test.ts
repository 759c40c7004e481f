import { expect, test, vi } from 'vitest'
import { toolInPods } from '../../clusters/images/load-tools/availability.ts'
import { clientOf, connectTo } from '../../clusters/kubernetes/client.ts'
import { KubernetesCluster } from '../../clusters/kubernetes/cluster.ts'
import { namespacesOf } from '../../clusters/kubernetes/namespace.ts'
import { envoy } from '../../clusters/meshes/envoy/mesh.ts'
import { kind } from '../../clusters/providers/kind.ts'
import { sharedCluster } from '../../clusters/testing-kind.ts'
import { stations } from '../../reports/kernel.ts'
import type { Arm } from '../../reports/record.ts'
import { measureArms } from '../experiment/measure.ts'
import { profiles } from '../experiment/profiles.ts'
import { type ExperimentInput, parseExperiment } from '../experiment/spec.ts'
import { quietContext } from '../experiment/testing.ts'
import { kernelAccess } from './access.ts'
import { bpftraceTool } from './bpftrace-tool.ts'
import { expectKernelView, needsProbes } from './testing.ts'

// As on macOS, or where the engine is on another machine.
vi.mock('../../clusters/kind/node-processes.ts', () => ({ nodeProcesses: async () => null }))

const shared = sharedCluster('test-probes')
const names = ['runqueue', 'requests', 'arrival'] as const

test('from privileged pods on the nodes the kernel is seen as from here, and nothing of them is left', {
  timeout: 300_000,
}, async (context) => {
  shared.needed(context)
  await needsProbes(names, context.skip)
  for (const here of [await toolInPods(shared.ref, bpftraceTool), await envoy.available(kind.traits)])
    if (!here.available) context.skip(`${here.reason}; ${here.remedy}`)
  const cluster = (await kind.connect(shared.ref)) as KubernetesCluster
  const load = { rate: 200, connections: 4, warmUp: '1s', duration: '8s' }
  const input: ExperimentInput = { arms: ['baseline', 'envoy'], workload: 'http-echo', load, probes: [...names] }
  const spec = parseExperiment(input, profiles.smoke, [])
  const onNote = vi.fn()
  const { arms, probes } = await measureArms(spec, { ...quietContext(cluster), probePods: true, onNote })
  const nodes = (await cluster.nodes()).filter(({ schedulable }) => schedulable).map(({ name }) => name)
  expect(probes).toMatchObject({ names: [...names], unavailable: [], nodes: nodes.toSorted() })
  expect(onNote).toHaveBeenCalledWith(`probes run in privileged pods on ${nodes.toSorted().join(', ')}`)
  for (const { probe, programMs } of probes?.cost ?? []) expect(programMs, probe).toBeGreaterThan(0)
  expectKernelView(arms[0] as Arm, names, ['client', 'app'])
  expectKernelView(arms[1] as Arm, names, stations)

  const { kube } = cluster
  expect((await kube.apps.listDaemonSetForAllNamespaces()).items.filter(isOurs)).toEqual([])
  expect((await kube.core.listPodForAllNamespaces()).items.filter(isOurs)).toEqual([])
  await cluster[Symbol.asyncDispose]()
  expect(await namespacesOf(kube, shared.ref.runId)).toEqual([])
})

const isOurs = ({ metadata }: { metadata?: { namespace?: string } }) =>
  metadata?.namespace?.startsWith(shared.ref.runId) === true

test('without leave of the user or of the cluster there are no such pods, and the reason is told', async (context) => {
  shared.needed(context)
  const nodes = (await shared.cluster.nodes()).map(({ name }) => name)
  const unavailable = async (cluster: KubernetesCluster, probePods: boolean) => {
    await using access = await kernelAccess(cluster, { probePods, nodes })
    expect(access.nodes).toBeNull()
    return (await access.unavailable(['rtt']))[0]
  }
  expect(await unavailable(shared.cluster, false)).toEqual({
    probe: 'rtt',
    reason: 'the pods of kind are not processes of this machine',
    remedy: expect.stringMatching(/--probe-pods$/),
  })
  const { config } = await connectTo(shared.ref)
  Object.assign(config.getCurrentUser() ?? {}, { impersonateUser: 'somebody' })
  const elsewhere = { ...shared.ref, takesLocalImages: false }
  expect(await unavailable(new KubernetesCluster(elsewhere, await clientOf(config)), true)).toMatchObject({
    reason: expect.stringMatching(/User "somebody" cannot list resource "pods"/),
    remedy: expect.stringContaining('daemonsets.apps'),
  })
  expect(await namespacesOf(shared.cluster.kube, shared.ref.runId)).toEqual([])
})
