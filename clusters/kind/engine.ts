import { ClusterError } from '../errors.ts'
import type { Availability, Unavailable } from '../provider.ts'
import { command, succeeds } from './command.ts'

const clusterLabel = 'io.x-k8s.kind.cluster'

/** Looks for the Docker CLI and its engine. */
export async function dockerAvailability(): Promise<Availability> {
  const docker = await tryCommand('docker', ['version', '--format', '{{.Server.Version}}'])
  if (!('problem' in docker)) return { available: true, detail: `Docker ${docker.output}` }
  return {
    available: false,
    reason: docker.problem,
    remedy: 'install Docker and start its engine: https://docs.docker.com/engine/install',
  }
}

/** Looks for Docker, kind and the node image, in this order; fetches nothing. */
export async function kindAvailability(image: string): Promise<Availability> {
  const docker = await dockerAvailability()
  if (!docker.available) return docker
  const kind = await tryCommand('kind', ['version'])
  if ('problem' in kind) {
    const command = 'go install sigs.k8s.io/kind@v0.30.0'
    return { available: false, reason: kind.problem, remedy: `${command}, and put it on PATH`, command }
  }
  const detail = `${docker.detail}, ${kind.output.split(' ').slice(0, 2).join(' ')}, ${image}`
  return imageAvailability(image, detail, {
    reason: `the node image ${image} is not here, and cannot be pulled`,
    remedy: 'build it without pulling anything: meshmark node-image',
    command: 'meshmark node-image',
  })
}

/** Looks for an image on this machine, then in its registry; `otherwise` says why not and what to do. */
export async function imageAvailability(
  image: string,
  detail: string,
  otherwise: Omit<Unavailable, 'available'>,
): Promise<Availability> {
  if (await succeeds('docker', ['image', 'inspect', image])) return { available: true, detail }
  if (await succeeds('docker', ['manifest', 'inspect', image]))
    return { available: true, detail: `${detail} (to be pulled)` }
  return { available: false, ...otherwise }
}

/** The names of all kind clusters, also of those that are only half made; none where there is no Docker. */
export async function kindClusters(): Promise<string[]> {
  const args = ['ps', '--all', '--filter', `label=${clusterLabel}`, '--format', `{{.Label "${clusterLabel}"}}`]
  const found = await tryCommand('docker', args)
  return 'problem' in found ? [] : [...new Set(found.output.split('\n').filter((name) => name !== ''))]
}

async function tryCommand(file: string, args: string[]): Promise<{ output: string } | { problem: string }> {
  try {
    return { output: await command(file, args, { timeoutMs: 10_000 }) }
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error
    return { problem: error.message.split('\n')[0] ?? '' }
  }
}
