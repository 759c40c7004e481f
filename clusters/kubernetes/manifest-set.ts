import { setTimeout as sleep } from 'node:timers/promises'
import pWaitFor from 'p-wait-for'
import { parseAllDocuments } from 'yaml'
import { ClusterError } from '../errors.ts'
import { apply, type Manifest, remove } from './apply.ts'
import type { KubeClient } from './client.ts'
import { isInternalError, isUnknownKind, retrying, statusOf } from './failure.ts'
import { type Labels, runSelector } from './labels.ts'
import { deleteNamespace } from './namespace.ts'

const definitionLimitMs = 60_000
/** A webhook or a kind that was made a moment ago is not known to every part of the API server yet. */
const lateKinds = 10

/** The objects of a text of YAML documents, those of lists one by one. */
export async function readManifests(text: string): Promise<Manifest[]> {
  const { loadYaml } = await import('@kubernetes/client-node')
  const documents = parseAllDocuments(text).map(
    (document) => document.toJS() as (Manifest & { items?: Manifest[] }) | null,
  )
  // It has its own names for some keys (`_from`, `x_kubernetes_…`), and would leave those out that it is given as they are.
  return documents
    .flatMap((one) => (one === null ? [] : one.kind?.endsWith('List') && one.items ? one.items : [one]))
    .map((one) => loadYaml<Manifest>(JSON.stringify(one)))
}

/**
 * Applies objects that belong together, the run's labels on each: namespaces and kinds first, the rest in their order.
 * Answers them as they were applied, for `removeManifests`.
 *
 * @throws ClusterError CLUSTER_DEPLOY_FAILED naming the object; what was applied before it stays.
 */
export async function applyManifests(
  client: KubeClient,
  manifests: readonly Manifest[],
  labels: Labels,
): Promise<Manifest[]> {
  const labelled = manifests.map((one) => ({
    ...one,
    metadata: { ...one.metadata, labels: { ...one.metadata.labels, ...labels } },
  }))
  const isFirst = (one: Manifest) => one.kind === 'Namespace' || isDefinition(one)
  const ordered = [...labelled.filter(isFirst), ...labelled.filter((one) => !isFirst(one))]
  for (const one of ordered) {
    if (isDefinition(one)) await untilGone(client, [one], 'leaving')
    await applyLate(client, one)
    if (isDefinition(one)) await untilEstablished(client, one)
  }
  return ordered
}

/**
 * Removes objects in the opposite order, namespaces last, and waits until kinds and namespaces are gone. Kinds take their objects
 * with them.
 */
export async function removeManifests(client: KubeClient, applied: readonly Manifest[]): Promise<void> {
  const namespaces = applied.filter(({ kind }) => kind === 'Namespace')
  for (const one of applied.toReversed()) if (one.kind !== 'Namespace') await removeKnown(client, one)
  await untilGone(client, applied.filter(isDefinition))
  await Promise.all(namespaces.map(({ metadata }) => deleteNamespace(client, metadata.name)))
}

const clusterWide = [
  ['admissionregistration.k8s.io/v1', 'MutatingWebhookConfiguration'],
  ['admissionregistration.k8s.io/v1', 'ValidatingWebhookConfiguration'],
  ['rbac.authorization.k8s.io/v1', 'ClusterRoleBinding'],
  ['rbac.authorization.k8s.io/v1', 'ClusterRole'],
  ['apiextensions.k8s.io/v1', 'CustomResourceDefinition'],
] as const

/** Removes what a run has made outside any namespace: what a mesh that was being installed leaves when its run is killed. */
export async function removeClusterWide(client: KubeClient, runId: string): Promise<void> {
  for (const [apiVersion, kind] of clusterWide) {
    const { items } = await client.objects
      .list(apiVersion, kind, undefined, undefined, undefined, undefined, undefined, runSelector(runId))
      .catch((error): { items: { metadata?: { name?: string } }[] } => {
        // Who may not look at these has not made any.
        if (statusOf(error) === 403) return { items: [] }
        throw error
      })
    const found = items.map(({ metadata }) => ({
      apiVersion,
      kind,
      metadata: { name: metadata?.name ?? '', labels: {} },
    }))
    for (const one of found) await remove(client, one)
    await untilGone(client, found.filter(isDefinition))
  }
}

const isDefinition = ({ kind }: Manifest) => kind === 'CustomResourceDefinition'

/**
 * Waits for kinds that are being removed: the server does so by itself, some seconds later than it is asked to, and until then
 * takes what is applied to the old ones. `leaving`: one that nobody has removed is left as it is.
 */
async function untilGone(client: KubeClient, definitions: readonly Manifest[], which?: 'leaving'): Promise<void> {
  for (const { apiVersion, kind, metadata } of definitions) {
    const { name } = metadata
    const isGone = async () => {
      try {
        const now = await retrying(() => client.objects.read({ apiVersion, kind, metadata: { name } }))
        return which === 'leaving' && !now.metadata?.deletionTimestamp
      } catch (error) {
        if (statusOf(error) === 404) return true
        throw error
      }
    }
    const fallback = () => {
      const look = `look at it: kubectl get crd ${name} -o yaml`
      throw new ClusterError('CLUSTER_NOT_REMOVED', `the kind ${name} was not gone after 60 s\n  ${look}`)
    }
    await pWaitFor(isGone, { interval: 200, timeout: { milliseconds: definitionLimitMs, fallback } })
  }
}

async function applyLate(client: KubeClient, one: Manifest): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await apply(client, one)
      return
    } catch (error) {
      const late = isUnknownKind(error) || isInternalError(error)
      if (attempt === lateKinds || !late) throw error
      await sleep(500)
    }
  }
}

async function untilEstablished(client: KubeClient, { apiVersion, kind, metadata }: Manifest): Promise<void> {
  const isEstablished = async () => {
    const now = await retrying(() => client.objects.read({ apiVersion, kind, metadata: { name: metadata.name } }))
    const { conditions } = (now as { status?: { conditions?: { type: string; status: string }[] | null } }).status ?? {}
    return conditions?.some(({ type, status }) => type === 'Established' && status === 'True') ?? false
  }
  const fallback = () => {
    throw new ClusterError('CLUSTER_DEPLOY_FAILED', `the kind ${metadata.name} was not taken up within 60 s`)
  }
  await pWaitFor(isEstablished, { interval: 100, timeout: { milliseconds: definitionLimitMs, fallback } })
}

/** An object of a kind that is gone already is gone itself. */
async function removeKnown(client: KubeClient, one: Manifest): Promise<void> {
  await remove(client, one).catch((error) => {
    if (!isUnknownKind(error)) throw error
  })
}
