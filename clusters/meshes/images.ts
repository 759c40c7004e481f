import { allNodesOf, bringImages, podNodes } from '../kind/images.ts'
import { imagesHere } from '../mesh-image/availability.ts'
import type { Availability, Cluster } from '../provider.ts'

/**
 * Whether the images of a mesh can be had in clusters of a provider: kind's nodes get those that are on this machine, any other
 * cluster pulls what the mesh's own project has published.
 */
export async function clusterImages(
  mesh: string,
  provider: string,
  built: readonly string[],
  published: readonly string[],
): Promise<Availability> {
  if (provider === 'kind') return imagesHere(mesh, built)
  return { available: true, detail: `${published.join(', ')} (pulled by the cluster)` }
}

/** Brings images to the nodes of a kind cluster that take pods; any other cluster pulls them itself. */
export async function bringMeshImages(cluster: Cluster, images: readonly string[]): Promise<void> {
  const { provider, kube } = cluster.ref
  if (provider !== 'kind' || !kube) return
  await bringImages(podNodes(await allNodesOf(kube.cluster)), images, () => {}, AbortSignal.timeout(180_000))
}
