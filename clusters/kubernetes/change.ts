import { ClusterError } from '../errors.ts'
import type { Endpoint, Pod } from '../provider.ts'
import { apply, remove } from './apply.ts'
import type { KubeClient } from './client.ts'
import type { KubeCluster } from './cluster.ts'
import { variables } from './container.ts'
import { untilServiceHasEndpoint } from './deploy.ts'
import { apiErrorText } from './failure.ts'
import { fieldManager, labelKeys, runLabels } from './labels.ts'
import { appContainer, serviceManifest } from './manifests.ts'
import { untilRolledOut } from './rollout.ts'

/** A virtual address whose pods can be exchanged while it is in use. */
export interface Switch extends Endpoint, AsyncDisposable {
  /** Makes it lead to another deployment's pods; settles once the API server has accepted that. */
  select(pod: Pod): Promise<void>
}

/** Makes a Service that leads to one of several deployments of a namespace with the same ports, to `pod`'s at first. */
export async function openSwitch(cluster: KubeCluster, name: string, pod: Pod): Promise<Switch> {
  const { kube, ref } = cluster
  const { namespace } = nameOf(pod)
  const labels = { ...runLabels(ref), [labelKeys.part]: name }
  const service = serviceManifest({ namespace, labels }, name, { ports: pod.ports }, 'ClusterIP')
  const select = async (to: Pod) => {
    const selector = { [labelKeys.part]: nameOf(to).name }
    await apply(kube, { ...service, spec: { ...service.spec, selector } })
  }
  await select(pod)
  await untilServiceHasEndpoint({ client: kube, namespace }, name)
  return {
    host: `${name}.${namespace}.svc`,
    ports: pod.ports,
    select,
    [Symbol.asyncDispose]: () => remove(kube, service),
  }
}

/**
 * Changes the environment of a deployment's program, by which its pods are replaced; settles once the API server has
 * accepted that.
 *
 * @throws ClusterError CLUSTER_DEPLOY_FAILED with the server's reason.
 */
export async function rollOut(client: KubeClient, pod: Pod, env: Record<string, string>): Promise<void> {
  const { name, namespace } = nameOf(pod)
  const containers = [{ name: appContainer, env: variables(env) }]
  const change = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace },
    spec: { template: { spec: { containers } } },
  }
  const { PatchStrategy } = await import('@kubernetes/client-node')
  try {
    // Merged by the names of containers and variables: all else of the template stays.
    await client.objects.patch(change, undefined, undefined, fieldManager, undefined, PatchStrategy.StrategicMergePatch)
  } catch (cause) {
    const why = apiErrorText(cause)
    throw new ClusterError('CLUSTER_DEPLOY_FAILED', `${name} in ${namespace} was not changed: ${why}`, { cause })
  }
}

/** Waits until a deployment has none but ready pods of its present template. Throws as `untilRolledOut` does. */
export async function untilChanged(client: KubeClient, pod: Pod, timeoutMs: number): Promise<void> {
  const { name, namespace } = nameOf(pod)
  await untilRolledOut(client, namespace, timeoutMs, [name])
}

/** A deployment's pods answer as `<name>.<namespace>.svc`. */
function nameOf({ host }: Pick<Pod, 'host'>): { name: string; namespace: string } {
  const [name = '', namespace = ''] = host.split('.')
  return { name, namespace }
}
