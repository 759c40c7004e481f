import { succeeds } from '../kind/command.ts'
import { allNodesOf, bringImages, podNodes } from '../kind/images.ts'
import type { Availability, Cluster } from '../provider.ts'

/**
 * Whether the images of a mesh can be had in clusters of a provider: kind's nodes get those that were built on this machine,
 * any other cluster pulls the published ones.
 */
export async function imageAvailability(
  mesh: string,
  provider: string,
  built: readonly string[],
  published: readonly string[],
): Promise<Availability> {
  if (provider !== 'kind') return { available: true, detail: `${published.join(', ')} (pulled by the cluster)` }
  const there = await Promise.all(built.map((image) => succeeds('docker', ['image', 'inspect', image])))
  const missing = built.filter((_, i) => !there[i])
  if (missing.length === 0) return { available: true, detail: built.join(', ') }
  return {
    available: false,
    reason: `not on this machine: ${missing.join(', ')}`,
    remedy: `build it without pulling anything: meshmark mesh-image ${mesh}`,
  }
}

/** Brings built images to a kind cluster's nodes and answers them; answers none for another cluster, which pulls. */
export async function bringMeshImages(cluster: Cluster, built: readonly string[]): Promise<readonly string[]> {
  const { provider, kube } = cluster.ref
  if (provider !== 'kind' || !kube) return []
  const nodes = podNodes(await allNodesOf(kube.cluster))
  await bringImages(nodes, built, () => {}, AbortSignal.timeout(180_000))
  return built
}
