import { bringImages, podNodesOf } from '../kind/images.ts'
import { imageAvailability } from '../mesh-image/availability.ts'
import { type BuiltMesh, meshImages } from '../mesh-image/index.ts'
import type { Availability, Cluster } from '../provider.ts'

/**
 * Whether the images of a mesh can be had in clusters of a provider: kind's nodes get those that were built on this machine,
 * any other cluster pulls what the mesh's own project has published.
 */
export async function clusterImages(
  mesh: BuiltMesh,
  provider: string,
  published: readonly string[],
): Promise<Availability> {
  if (provider === 'kind') return imageAvailability(mesh)
  return { available: true, detail: `${published.join(', ')} (pulled by the cluster)` }
}

/** Brings a mesh's images to the nodes of a kind cluster that take pods; any other cluster pulls them itself. */
export async function bringMeshImages(cluster: Cluster, mesh: BuiltMesh): Promise<void> {
  const { provider, kube } = cluster.ref
  if (provider !== 'kind' || !kube) return
  const images = Object.values(meshImages(mesh))
  await bringImages(await podNodesOf(kube.cluster), images, () => {}, AbortSignal.timeout(180_000))
}
