import { readFile } from 'node:fs/promises'
import type { V1Pod } from '@kubernetes/client-node'
import { bundleProgram, programBeside } from '../../clusters/bundle.ts'
import type { KubeCluster } from '../../clusters/kubernetes/cluster.ts'
import type { NodePod } from '../../clusters/kubernetes/node-pods.ts'
import { type PodWatch, watchAllPods } from '../../clusters/kubernetes/pod-watch.ts'
import type { Program } from '../../clusters/provider.ts'
import { programFile } from '../../ebpf/bpftrace/program-file.ts'
import { type ProbeName, probeNames } from '../../ebpf/probes/index.ts'
import type { Probes } from '../../reports/kernel.ts'
import { factsOf, listPods } from '../attribution/kubernetes.ts'
import type { KernelAccess, KernelSource } from './kernel-source.ts'
import { NodeWatch } from './node-watch.ts'
import { NodesAttribution, ofAllNodes } from './nodes-attribution.ts'

/** Of bpftrace's own version and the kernel's tracepoints. */
const checkLimitMs = 60_000
/** So often the nodes are told of new pods. */
const tellEveryMs = 500

/**
 * Probes in privileged pods on nodes of a cluster, which are there until it is disposed of.
 *
 * @throws ClusterError CLUSTER_DEPLOY_FAILED where such pods are refused or do not start; as `listPods` does.
 */
export async function fromNodes(cluster: KubeCluster, image: string, nodes: readonly string[]): Promise<KernelAccess> {
  await using stack = new AsyncDisposableStack()
  await listPods(cluster.kube)
  const watch = await watchAllPods(cluster.kube)
  stack.defer(() => watch.stop())
  await cluster.bringImages?.([image])
  const file = await bundleProgram(programBeside(import.meta.url, './node-agent'), cluster.ref.workDir)
  const programs = probeNames.map(async (name) => [`${name}.bt`, await readFile(programFile(name), 'utf8')] as const)
  const texts = Object.fromEntries(await Promise.all(programs))
  // Its files are links into a folder within its own: from the links' place the bundle looks for the programs in `/programs`.
  const program: Program = { kind: 'node', file, nodeArgs: ['--preserve-symlinks-main'] }
  const programOnNodes = {
    ...{ name: 'probes', image, nodes, program },
    files: { folder: '/programs', texts },
  }
  const { pods } = stack.use(await cluster.onNodes(programOnNodes))
  const owned = stack.move()
  return {
    nodes: pods.map(({ node }) => node).toSorted(),
    unavailable: async (names) => firstOfEach((await Promise.all(pods.map((pod) => check(pod, names)))).flat()),
    attach: (names) => attachOnNodes(watch, pods, names),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

async function check(pod: NodePod, names: readonly ProbeName[]): Promise<Probes['unavailable']> {
  const remedy = 'look at its pod, or run without --probe-pods'
  const all = (reason: string) => names.map((probe) => ({ probe, reason: `on ${pod.node}: ${reason}`, remedy }))
  try {
    const { exitCode, stdout, stderr } = await pod.run(['check', ...names], checkLimitMs)
    if (exitCode !== 0) return all(stderr.trim() || `exit code ${exitCode}`)
    const found = JSON.parse(stdout) as Probes['unavailable']
    return found.map((one) => ({ ...one, reason: `on ${pod.node}: ${one.reason}` }))
  } catch (error) {
    return all((error as Error).message)
  }
}

async function attachOnNodes(
  watch: PodWatch,
  pods: readonly NodePod[],
  names: readonly ProbeName[],
): Promise<KernelSource> {
  await using stack = new AsyncDisposableStack()
  const opened = await Promise.all(pods.map((pod) => NodeWatch.open(pod, names, stack)))
  const failed = firstOfEach(opened.flatMap((one) => one.failed))
  const tell = () => {
    const byNode = Map.groupBy(watch.pods(), nodeOf)
    for (const one of opened) one.tell((byNode.get(one.node) ?? []).map(factsOf))
  }
  tell()
  const timer = setInterval(tell, tellEveryMs)
  stack.defer(() => clearInterval(timer))
  const attribution = new NodesAttribution()
  const nodes = opened.map(({ node }) => node)
  const able = names.filter((name) => !failed.some(({ probe }) => probe === name))
  const owned = stack.move()
  return {
    failed,
    attribution,
    async read() {
      tell()
      const answers = await Promise.all(opened.map((one) => one.read()))
      for (const [node, answer] of answers.entries()) if ('readings' in answer) attribution.learn(node, answer)
      return able.map((probe) => {
        const readings = answers.map((answer) =>
          'reason' in answer
            ? { probe, series: null, reason: answer.reason }
            : (answer.readings.find((one) => one.probe === probe) ?? { probe, series: null, reason: 'it failed' }),
        )
        return ofAllNodes(probe, nodes, readings)
      })
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

const nodeOf = ({ spec }: V1Pod) => spec?.nodeName

/** Of a probe that has failed on several nodes, the first. */
function firstOfEach(failed: Probes['unavailable']): Probes['unavailable'] {
  return [...Map.groupBy(failed, ({ probe }) => probe).values()].flatMap(([first]) => first ?? [])
}
