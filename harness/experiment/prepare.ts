import { meshes } from '../../clusters/meshes/index.ts'
import type { ClusterTraits } from '../../clusters/provider.ts'
import type { ArmSpec } from './spec.ts'

/** What the meshes of an experiment need, fetched or found. */
export interface Prepared {
  /** Meshes, as `mesh:mode`, that cannot be had here: why, and how to get them. */
  unavailable: Record<string, string>
  versions: Record<string, string>
}

/** Fetches what each arm's mesh lacks, telling of it; a mesh that cannot be had is answered, not thrown. */
export async function prepareMeshes(
  arms: Iterable<Pick<ArmSpec, 'mesh' | 'mode'>>,
  on: ClusterTraits,
  report: (progress: string) => void,
): Promise<Prepared> {
  const prepared: Prepared = { unavailable: {}, versions: {} }
  const wanted = new Map([...arms].map(({ mesh, mode }) => [`${mesh}:${mode}`, { mesh, mode }]))
  for (const [name, { mesh, mode }] of wanted) {
    const { availability, versions } = await meshes[mesh].prepare(report, on, mode)
    if (!availability.available) prepared.unavailable[name] = `${availability.reason}; ${availability.remedy}`
    Object.assign(prepared.versions, versions)
  }
  return prepared
}
