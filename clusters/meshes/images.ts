import { succeeds } from '../kind/command.ts'
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

/** The same of images that nobody builds here: kind's nodes get those that Docker has. */
export async function pulledImages(
  mesh: string,
  provider: string,
  images: readonly string[],
  why: string,
): Promise<Availability> {
  if (provider !== 'kind') return { available: true, detail: `${images.join(', ')} (pulled by the cluster)` }
  const here = await Promise.all(images.map((image) => succeeds('docker', ['image', 'inspect', image])))
  const missing = images.filter((_, i) => !here[i])
  if (missing.length === 0) return { available: true, detail: images.join(', ') }
  return {
    available: false,
    reason: `${mesh} needs images that are not in the Docker engine (${missing.join(', ')}) and cannot be built: ${why}`,
    remedy: 'docker pull them where there is a registry, or use a cluster that pulls: --cluster kubeconfig',
  }
}

/** Brings a mesh's images to the nodes of a kind cluster that take pods; any other cluster pulls them itself. */
export async function bringMeshImages(cluster: Cluster, mesh: BuiltMesh): Promise<void> {
  await bringToNodes(cluster, Object.values(meshImages(mesh)))
}

/** The same of images by their names; those that are not in the Docker engine are left out. */
export async function bringToNodes(cluster: Cluster, images: readonly string[]): Promise<void> {
  const { provider, kube } = cluster.ref
  if (provider !== 'kind' || !kube) return
  await bringImages(await podNodesOf(kube.cluster), images, () => {}, AbortSignal.timeout(180_000))
}
