import { ClusterError } from '../errors.ts'
import type { Manifest } from '../kubernetes/apply.ts'
import { isKubernetes, type KubeCluster } from '../kubernetes/cluster.ts'
import { isUnknownKind, statusOf } from '../kubernetes/failure.ts'
import { type Labels, labelKeys, runLabels } from '../kubernetes/labels.ts'
import { applyManifests, removeManifests } from '../kubernetes/manifest-set.ts'
import { deleteNamespace } from '../kubernetes/namespace.ts'
import { untilRolledOut } from '../kubernetes/rollout.ts'
import type { Cluster } from '../provider.ts'

const modeKey = 'meshmark.dev/mesh-mode'

/** A control plane, as the mesh's own program writes it. */
export interface ControlPlaneSet {
  mesh: string
  mode: string
  /** Made for it, and removed with it. */
  namespace: string
  manifests: readonly Manifest[]
  /** Brought to the nodes where these take images of this machine. */
  images: readonly string[]
  readyTimeoutMs: number
  /** Removes what its programs have made by themselves, once they are gone. */
  sweep(): Promise<void>
}

/** Throws ClusterError CLUSTER_MESH_FAILED where there is no Kubernetes. */
export function kubernetesFor(mesh: string, cluster: Cluster): KubeCluster {
  if (isKubernetes(cluster)) return cluster
  const why = `${cluster.ref.provider} has no Kubernetes; run it with --cluster kind`
  throw new ClusterError('CLUSTER_MESH_FAILED', `${mesh} was not installed: ${why}`)
}

/**
 * Applies a control plane and waits until it is rolled out; what this run has of it already is used.
 *
 * @throws ClusterError CLUSTER_MESH_FAILED when one that is not this run's is there, which is left alone, or when it does not turn
 * ready: with the events and the last output, and all of it is removed by then.
 */
export async function installControlPlane(cluster: KubeCluster, plane: ControlPlaneSet): Promise<void> {
  const { kube: client, ref } = cluster
  const { mesh, mode, namespace, images, readyTimeoutMs } = plane
  const labels = runLabels(ref)
  await refuseOthers(cluster, plane, labels)
  await cluster.bringImages?.(images)
  try {
    await applyManifests(client, objectsOf(plane), { ...labels, [modeKey]: mode })
    await untilRolledOut(client, namespace, readyTimeoutMs)
  } catch (cause) {
    const left = await leftAfter(removeControlPlane(cluster, plane))
    throw new ClusterError(
      'CLUSTER_MESH_FAILED',
      `${mesh} could not be installed: ${(cause as Error).message}${left}`,
      { cause },
    )
  }
}

/** The end of a message about a failed installation: empty, or why something of it stays after its removal. */
export function leftAfter(removal: Promise<void>): Promise<string> {
  return removal.then(
    () => '',
    (error: Error) => `\nnot all of it could be removed: ${error.message}`,
  )
}

/** Removes a control plane, also one of which only a part is there, and waits until it is gone. */
export async function removeControlPlane({ kube }: KubeCluster, plane: ControlPlaneSet): Promise<void> {
  await removeManifests(kube, objectsOf(plane))
  await plane.sweep()
}

/** Its manifests and its namespace, which some meshes write themselves, with more than a name. */
function objectsOf({ namespace, manifests }: ControlPlaneSet): Manifest[] {
  if (manifests.some(({ kind, metadata }) => kind === 'Namespace' && metadata.name === namespace)) return [...manifests]
  return [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels: {} } }, ...manifests]
}

async function refuseOthers({ kube: client }: KubeCluster, plane: ControlPlaneSet, labels: Labels): Promise<void> {
  const { mesh, mode, namespace } = plane
  const outside = objectsOf(plane).filter(({ metadata }) => metadata.namespace !== namespace)
  const there = await Promise.all(
    outside.map((one) => client.objects.read(one).catch((error): null => absent(error, one))),
  )
  const refuse = (why: string) => {
    throw new ClusterError('CLUSTER_MESH_FAILED', `${mesh} was not installed: ${why}`)
  }
  for (const one of there) {
    if (one === null) continue
    const run = one.metadata?.labels?.[labelKeys.run]
    if (run === labels[labelKeys.run]) continue
    const whose = run === undefined ? 'is not ours' : `is of run ${run} (meshmark clean removes what dead runs left)`
    refuse(`${one.kind} ${one.metadata?.name} exists, and ${whose}; one cluster takes one ${mesh}`)
  }
  const own = there.find((one) => one?.kind === 'Namespace')
  const other = own?.metadata?.labels?.[modeKey]
  // Each mode sets the control plane up in its own way: an arm of the one would be measured under the other's.
  if (other !== undefined && other !== mode) refuse(`this run has its mode ${other} already; make a run for each mode`)
  if (own?.metadata?.deletionTimestamp) await deleteNamespace(client, namespace)
}

function absent(error: unknown, { kind, metadata }: Manifest): null {
  if (statusOf(error) === 404) return null
  // Of a kind that is not known yet there is nothing.
  if (isUnknownKind(error)) return null
  throw new ClusterError('CLUSTER_MESH_FAILED', `${kind} ${metadata.name} could not be looked at`, { cause: error })
}
