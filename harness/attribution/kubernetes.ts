import type { V1Pod } from '@kubernetes/client-node'
import { ClusterError } from '../../clusters/errors.ts'
import { type KubeClient, serverVersion } from '../../clusters/kubernetes/client.ts'
import { apiErrorText, retrying, statusOf } from '../../clusters/kubernetes/failure.ts'
import type { PodFacts } from '../../ebpf/attribution/pods.ts'

/**
 * All pods of a cluster.
 *
 * @throws ClusterError CLUSTER_UNAVAILABLE when the cluster cannot be reached, CLUSTER_PERMISSION_MISSING when they may not be listed.
 */
export async function listPods(client: KubeClient): Promise<V1Pod[]> {
  await serverVersion(client)
  try {
    return (await retrying(() => client.core.listPodForAllNamespaces())).items
  } catch (cause) {
    if (statusOf(cause) !== 403) throw cause
    const user = `user '${client.config.getCurrentUser()?.name}' of context ${client.config.getCurrentContext()}`
    const message = `${user} lacks\n  list pods: in all namespaces\n  the server says: ${apiErrorText(cause)}`
    throw new ClusterError('CLUSTER_PERMISSION_MISSING', message, { cause })
  }
}

const facts = new WeakMap<V1Pod, PodFacts>()

/** What attribution needs of a pod; the same object for the same one. */
export function factsOf(pod: V1Pod): PodFacts {
  const known = facts.get(pod) ?? readFacts(pod)
  facts.set(pod, known)
  return known
}

/** The UID that a static pod has on its node, at its mirror. */
const configHash = 'kubernetes.io/config.hash'

function readFacts({ metadata, spec, status }: V1Pod): PodFacts {
  const { namespace = '', name = '', uid = '', labels = {}, annotations = {} } = metadata ?? {}
  const staticUid = annotations[configHash]
  const statuses = [
    ...(status?.containerStatuses ?? []),
    ...(status?.initContainerStatuses ?? []),
    ...(status?.ephemeralContainerStatuses ?? []),
  ]
  return {
    namespace,
    name,
    uid,
    ...(staticUid === undefined ? {} : { staticUid }),
    labels,
    hostNetwork: spec?.hostNetwork === true,
    containers: statuses.flatMap(({ name, containerID, lastState }) =>
      [containerID, lastState?.terminated?.containerID].flatMap((id) =>
        id ? [{ name, id: id.replace(/^[a-z-]+:\/\//, '') }] : [],
      ),
    ),
  }
}
