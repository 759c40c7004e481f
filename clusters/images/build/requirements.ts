import { ClusterError } from '../../errors.ts'
import { onPath } from '../../program.ts'
import { type Shell, searchPath } from './shell.ts'

/** Programs that a build calls beside docker, and how to get them. */
const remedies = {
  go: 'Go 1.25 or later from https://go.dev/dl',
  gcc: 'apt-get install gcc libc6-dev',
  debootstrap: 'apt-get install debootstrap',
  python3: 'apt-get install python3-pip',
  'clang-19': 'apt-get install clang-19',
  ipset: 'apt-get install ipset',
  ip: 'apt-get install iproute2',
  tc: 'apt-get install iproute2',
} as const

export type ProgramName = keyof typeof remedies

/**
 * Checks that all that a build needs is there.
 *
 * @throws ClusterError CLUSTER_UNAVAILABLE that names everything missing at once, and how to get it.
 */
export async function requireTools(
  run: Shell,
  what: string,
  programs: readonly ProgramName[],
  path = searchPath(),
  uid = process.getuid?.(),
): Promise<void> {
  const missing: string[] = []
  if ((await onPath('docker', path)) === null)
    missing.push('docker is not on the PATH: apt-get install docker.io, then start dockerd')
  else if ((await run`docker version --format '{{.Server.Version}}'`.catch(() => '')) === '')
    missing.push('the Docker engine does not answer: start it, or set DOCKER_HOST; docker version says more')
  for (const name of programs)
    if ((await onPath(name, path)) === null) missing.push(`${name} is not on the PATH: ${remedies[name]}`)
  if (programs.includes('debootstrap') && uid !== 0)
    missing.push('not root: debootstrap makes the files of a whole system; run it with sudo')
  if (missing.length > 0)
    throw new ClusterError(
      'CLUSTER_UNAVAILABLE',
      `${what} cannot be built here:\n${missing.map((line) => `  ${line}`).join('\n')}`,
    )
}
