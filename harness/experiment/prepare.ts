import { type MeshName, meshes } from '../../clusters/meshes/index.ts'

/** What the meshes of an experiment need, fetched or found. */
export interface Prepared {
  /** Meshes that cannot be had here: why, and how to get them. */
  unavailable: Record<string, string>
  versions: Record<string, string>
}

/** Fetches what each mesh lacks, telling of it; a mesh that cannot be had is answered, not thrown. */
export async function prepareMeshes(
  names: Iterable<MeshName>,
  provider: string,
  report: (progress: string) => void,
): Promise<Prepared> {
  const prepared: Prepared = { unavailable: {}, versions: {} }
  for (const name of new Set(names)) {
    const { availability, versions } = await meshes[name].prepare(report, provider)
    if (!availability.available) prepared.unavailable[name] = `${availability.reason}; ${availability.remedy}`
    Object.assign(prepared.versions, versions)
  }
  return prepared
}
