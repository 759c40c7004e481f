import { toolInPods } from '../../clusters/images/load-tools/availability.ts'
import { nodeProcesses } from '../../clusters/kind/node-processes.ts'
import { isKubernetes } from '../../clusters/kubernetes/cluster.ts'
import type { Cluster } from '../../clusters/provider.ts'
import { bpftraceTool } from './bpftrace-tool.ts'
import { fromHere } from './here.ts'
import type { KernelAccess } from './kernel-source.ts'
import { fromNodes } from './on-nodes.ts'

export interface AccessOptions {
  /** The user lets us run privileged pods. */
  probePods: boolean
  /** The names of the nodes that the experiment's pods are on. */
  nodes: readonly string[]
}

/** The way to watch a cluster's pods: from this machine where they are processes of it, else from their nodes, if the user allows that. */
export async function kernelAccess(cluster: Cluster, { probePods, nodes }: AccessOptions): Promise<KernelAccess> {
  const { ref } = cluster
  if (await podsAreHere(cluster)) return fromHere(cluster)
  if (!isKubernetes(cluster) || !probePods)
    return noAccess({
      reason: `the pods of ${ref.provider} are not processes of this machine`,
      remedy: 'run it on the node itself, or let it put privileged pods on the nodes: --probe-pods',
    })
  const tool = await toolInPods(ref, bpftraceTool)
  if (!tool.available) return noAccess(tool)
  try {
    return await fromNodes(cluster, ref.kube?.toolImage ?? '', nodes)
  } catch (error) {
    return noAccess({
      reason: (error as Error).message.replaceAll(/\s*\n\s*/g, '; '),
      remedy:
        'it takes leave to patch daemonsets.apps, to create pods/exec and to watch pods in all namespaces, and nothing that refuses privileged pods',
    })
  }
}

/** Whether a cluster's pods are processes of this machine: they are nothing else, or its nodes are containers of this machine. */
export async function podsAreHere(cluster: Cluster): Promise<boolean> {
  if (cluster.ref.pods === 'processes') return true
  if (!cluster.ref.takesLocalImages) return false
  const names = (await cluster.nodes()).map(({ name }) => name)
  return (await nodeProcesses(names)) !== null
}

/** No probe can watch these pods. */
function noAccess({ reason, remedy }: { reason: string; remedy: string }): KernelAccess {
  return {
    nodes: null,
    unavailable: async (names) => names.map((probe) => ({ probe, reason, remedy })),
    attach: () => Promise.reject(new Error(reason)),
    async [Symbol.asyncDispose]() {},
  }
}
