import type { Node } from '../provider.ts'
import type { KubeClient } from './client.ts'
import { retrying } from './failure.ts'

/** The nodes of a cluster; those that are the control plane's own are not schedulable. */
export async function listNodes(client: KubeClient): Promise<Node[]> {
  const { items } = await retrying(() => client.core.listNode())
  return items.map(({ metadata, spec, status }) => {
    const ready = status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false
    const closed = (spec?.taints ?? []).some(({ key }) => key.startsWith('node-role.kubernetes.io/'))
    return {
      name: metadata?.name ?? '',
      labels: metadata?.labels ?? {},
      architecture: status?.nodeInfo?.architecture ?? '',
      schedulable: ready && !closed && spec?.unschedulable !== true,
      taints: (spec?.taints ?? []).map(({ key, value, effect }) => ({ key, effect, ...(value ? { value } : {}) })),
    }
  })
}
