import { imagesHere } from '../images/mesh/availability.ts'
import type { Availability } from '../provider.ts'

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
