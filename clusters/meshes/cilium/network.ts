import pWaitFor from 'p-wait-for'
import { ClusterError } from '../../errors.ts'
import { serverVersion } from '../../kubernetes/client.ts'
import type { KubeCluster } from '../../kubernetes/cluster.ts'
import { apiErrorText, statusOf } from '../../kubernetes/failure.ts'
import { fieldManager, type Labels, labelKeys, runLabels } from '../../kubernetes/labels.ts'
import { applyManifests } from '../../kubernetes/manifest-set.ts'
import { untilClusterReady } from '../../kubernetes/readiness.ts'
import { untilRolledOut } from '../../kubernetes/rollout.ts'
import { CiliumAgent, ciliumNamespace } from './agent.ts'
import { renderChart } from './chart.ts'
import { ciliumImages } from './image.ts'
import type { CiliumMode } from './modes.ts'
import { ipsecKeys, valuesOf } from './values.ts'

const networkLabel = 'meshmark.dev/network'
const workloads = ['cilium', 'cilium-operator']
const apiServerPort = 6443
const healthLimitMs = 60_000

/** Makes Cilium the pod network of a cluster that has none; in one that is used again, it may be there already. */
export async function establishNetwork(
  cluster: KubeCluster,
  mode: CiliumMode,
  report: (progress: string) => void,
  limitMs = 300_000,
): Promise<void> {
  const { ref, kube } = cluster
  try {
    if (!(await isThere(cluster, mode))) {
      report(`installing Cilium as the pod network: ${mode}`)
      const manifests = await renderChart(await valuesFor(cluster, mode), await serverVersion(kube), ref.workDir)
      const keys = mode === 'ipsec' ? [ipsecKeys()] : []
      await applyManifests(kube, [...keys, ...manifests], { ...labelsFor(cluster), [networkLabel]: mode })
    }
    report('waiting until Cilium, every node and the names in the cluster are ready')
    await untilRolledOut(kube, ciliumNamespace, limitMs, workloads)
    await untilClusterReady(kube, limitMs)
    await untilHealthy(cluster)
  } catch (cause) {
    throw new ClusterError(
      'CLUSTER_MESH_FAILED',
      `cilium:${mode} did not become the pod network of ${ref.kube?.cluster}: ${apiErrorText(cause)}`,
      { cause },
    )
  }
}

/** Throws when there is another pod network, whoever brought it. */
async function isThere({ kube, ref }: KubeCluster, mode: CiliumMode): Promise<boolean> {
  const daemons = await kube.apps
    .readNamespacedDaemonSet({ name: 'cilium', namespace: ciliumNamespace })
    .catch((error) => {
      if (statusOf(error) === 404) return null
      throw error
    })
  const found = daemons?.metadata?.labels?.[networkLabel]
  if (found === mode) return true
  const { items } = await kube.core.listNode()
  const ready = items.filter(({ status }) =>
    status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True'),
  )
  if (!daemons && ready.length === 0) return false
  const network = found ? `cilium:${found}` : daemons ? 'a Cilium of somebody else' : 'another one'
  throw new Error(
    `it has ${network}; name another cluster, or delete it: kind delete cluster --name ${ref.kube?.cluster}`,
  )
}

async function valuesFor({ ref, kube }: KubeCluster, mode: CiliumMode) {
  const { agent, operator } = ciliumImages.images(ciliumImages.version)
  const { podSubnet = '' } = ref.kube ?? {}
  const labelSelector = 'node-role.kubernetes.io/control-plane'
  const [controlPlane] = (await kube.core.listNode({ labelSelector })).items
  const apiServer = { host: controlPlane?.metadata?.name ?? '', port: apiServerPort }
  return valuesOf(mode, { images: { agent, operator }, podSubnet, apiServer })
}

/** What carries a run's label goes with the run: of a cluster that stays, the network has to stay as well. */
function labelsFor({ ref }: KubeCluster): Labels {
  return ref.kube?.kept ? { [labelKeys.manager]: fieldManager } : runLabels(ref)
}

/** By each agent's own judgement, which comes a while after its pod is ready. */
async function untilHealthy({ kube }: KubeCluster): Promise<void> {
  let problems: string[] = []
  const areHealthy = async () => {
    const all = (await CiliumAgent.all(kube)).map(async (agent) => {
      const problem = await agent.status().then(
        ({ healthy, words }) => (healthy ? null : words),
        (error: Error) => error.message,
      )
      return problem === null ? [] : [`  on ${agent.node}: ${problem}`]
    })
    problems = (await Promise.all(all)).flat()
    return problems.length === 0
  }
  const fallback = () => {
    throw new Error(`agents are not healthy after ${healthLimitMs / 1000} s:\n${problems.join('\n')}`)
  }
  await pWaitFor(areHealthy, { interval: 1000, timeout: { milliseconds: healthLimitMs, fallback } })
}
