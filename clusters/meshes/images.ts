import { imagesHere } from '../images/mesh/availability.ts'
import type { Availability, ClusterTraits } from '../provider.ts'

/**
 * Whether clusters can have the images of a mesh: nodes that take images of this machine get those built here, all others pull
 * what the mesh's own project has published.
 */
export async function clusterImages(
  mesh: string,
  { takesLocalImages }: ClusterTraits,
  built: readonly string[],
  published: readonly string[],
): Promise<Availability> {
  if (takesLocalImages) return imagesHere(mesh, built)
  return { available: true, detail: `${published.join(', ')} (pulled by the cluster)` }
}
