import type { V1Namespace, V1Pod } from '@kubernetes/client-node'
import pWaitFor from 'p-wait-for'
import { ClusterError } from '../errors.ts'
import type { KubeClient } from '../kubernetes/client.ts'
import { apiErrorText, retrying, statusOf } from '../kubernetes/failure.ts'

const injectLimitMs = 60_000
const pauseMs = 300

/** The labels and annotations that make a namespace a mesh's. */
export interface Mark {
  labels?: Record<string, string>
  annotations?: Record<string, string>
}

/** By these Istio and Linkerd know their namespaces; the values that keep a namespace out of them. */
const markKeys = ['istio-injection', 'istio.io/rev', 'istio.io/dataplane-mode', 'linkerd.io/inject']
const outside = ['disabled', 'none']

/** The marks of meshes on a namespace, as `key=value`. */
export function marksOn({ metadata }: Pick<V1Namespace, 'metadata'>): string[] {
  const all = { ...metadata?.annotations, ...metadata?.labels }
  return markKeys.flatMap((key) => (all[key] === undefined || outside.includes(all[key]) ? [] : [`${key}=${all[key]}`]))
}

/**
 * Marks a namespace as a mesh's.
 *
 * @throws ClusterError CLUSTER_MESH_FAILED when it bears another mesh's or revision's mark.
 */
export async function markNamespace(client: KubeClient, mesh: string, name: string, mark: Mark): Promise<void> {
  const own = marksOn({ metadata: mark })
  const others = marksOn(await client.core.readNamespace({ name })).filter((one) => !own.includes(one))
  if (others.length > 0) {
    const why = `it is in another mesh or revision already (${others.join(', ')})`
    throw new ClusterError('CLUSTER_MESH_FAILED', `namespace ${name} was not taken into ${mesh}: ${why}`)
  }
  await patch(client, name, mark)
}

/** What of the mark a namespace does not bear, as `key=value`; all of it where the namespace cannot be read. */
export async function missingMarks(client: KubeClient, name: string, mark: Mark): Promise<string[]> {
  const found = await retrying(() => client.core.readNamespace({ name })).catch(() => null)
  const has = { ...found?.metadata?.annotations, ...found?.metadata?.labels }
  return Object.entries({ ...mark.annotations, ...mark.labels }).flatMap(([key, value]) =>
    has[key] === value ? [] : [`${key}=${value}`],
  )
}

/** What does not fit of a namespace that lost a part of its mark while it was measured. */
export const markMismatches = (missing: readonly string[]): string[] =>
  missing.length === 0 ? [] : [`The namespace was taken out of the mesh: it no longer bears ${missing.join(', ')}.`]

/** Takes the mark off again. A namespace that is gone is fine. */
export async function unmarkNamespace(
  client: KubeClient,
  name: string,
  { labels = {}, annotations = {} }: Mark,
): Promise<void> {
  const none = (values: Record<string, string>) =>
    Object.fromEntries(Object.keys(values).map((key) => [key, null])) as unknown as Record<string, string>
  await patch(client, name, { labels: none(labels), annotations: none(annotations) }).catch((error) => {
    if (statusOf(error) !== 404) throw error
  })
}

/**
 * Waits until a pod that is made in a namespace gets its proxy: the server is asked what it would make of one. Until then a
 * deployment would be refused, or run without.
 *
 * @throws ClusterError CLUSTER_MESH_FAILED with the last reason.
 */
export async function untilInjected(
  client: KubeClient,
  namespace: string,
  container: string,
  annotations: Record<string, string>,
): Promise<void> {
  const body: V1Pod = {
    metadata: { generateName: 'inject-', annotations },
    spec: { containers: [{ name: 'app', image: 'app' }] },
  }
  let last = ''
  const isInjected = async () => {
    const pod = await client.core.createNamespacedPod({ namespace, body, dryRun: 'All' }).catch((error) => {
      last = apiErrorText(error)
      return null
    })
    const containers = [...(pod?.spec?.initContainers ?? []), ...(pod?.spec?.containers ?? [])]
    if (pod) last = `it would have ${containers.map(({ name }) => name).join(', ')}`
    return containers.some(({ name }) => name === container)
  }
  const fallback = () => {
    throw new ClusterError(
      'CLUSTER_MESH_FAILED',
      `a pod in ${namespace} gets no ${container}, asked for ${injectLimitMs / 1000} s: ${last}`,
    )
  }
  await pWaitFor(isInjected, { interval: pauseMs, timeout: { milliseconds: injectLimitMs, fallback } })
}

async function patch(client: KubeClient, name: string, mark: Mark): Promise<void> {
  const { PatchStrategy } = await import('@kubernetes/client-node')
  const object = { apiVersion: 'v1', kind: 'Namespace', metadata: { name, ...mark } }
  await retrying(() =>
    client.objects.patch(object, undefined, undefined, undefined, undefined, PatchStrategy.MergePatch),
  )
}
