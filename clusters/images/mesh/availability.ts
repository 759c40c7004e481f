import { succeeds } from '../../kind/command.ts'
import { dockerAvailability } from '../../kind/engine.ts'
import type { Availability } from '../../provider.ts'

/** Whether a mesh's images, named in full, are in the Docker engine, and how to get them there. */
export async function imagesHere(mesh: string, names: readonly string[]): Promise<Availability> {
  const docker = await dockerAvailability()
  if (!docker.available) return docker
  const here = await Promise.all(names.map((name) => succeeds('docker', ['image', 'inspect', name])))
  const missing = names.filter((_, i) => !here[i])
  if (missing.length === 0) return { available: true, detail: names.join(', ') }
  return {
    available: false,
    reason: `${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} not in the Docker engine`,
    remedy: `build without pulling anything: meshmark mesh-image ${mesh}`,
    command: `meshmark mesh-image ${mesh}`,
  }
}
