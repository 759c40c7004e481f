import { meshes } from '../../clusters/meshes/index.ts'
import type { ClusterTraits } from '../../clusters/provider.ts'
import type { ArmSpec } from '../experiment/spec.ts'

/** What came of preparing the meshes of an experiment. */
export interface PreparedMeshes {
  /** Meshes, as `mesh:mode`, that cannot be had here: why, and how to get them. */
  unavailable: Record<string, string>
  versions: Record<string, string>
}

/** Fetches what each arm's mesh needs, and reports it. A mesh that cannot be had is returned as unavailable, not thrown. */
export async function prepareMeshes(
  arms: Iterable<Pick<ArmSpec, 'mesh' | 'mode'>>,
  on: ClusterTraits,
  report: (progress: string) => void,
): Promise<PreparedMeshes> {
  const prepared: PreparedMeshes = { unavailable: {}, versions: {} }
  const wanted = new Map([...arms].map(({ mesh, mode }) => [`${mesh}:${mode}`, { mesh, mode }]))
  for (const [name, { mesh, mode }] of wanted) {
    const { availability, versions } = await meshes[mesh].prepare(report, on, mode)
    if (!availability.available) prepared.unavailable[name] = `${availability.reason}; ${availability.remedy}`
    Object.assign(prepared.versions, versions)
  }
  return prepared
}
