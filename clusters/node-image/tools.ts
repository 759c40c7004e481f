import { access, constants } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { ClusterError } from '../errors.ts'
import type { Run } from './shell.ts'

/** Programs that a build calls, and how to get them. */
const remedies = {
  docker: 'apt-get install docker.io, then start dockerd',
  go: 'Go 1.25 or later from https://go.dev/dl',
  debootstrap: 'apt-get install debootstrap',
  gcc: 'apt-get install gcc libc6-dev',
} as const

/**
 * Checks that all that a build needs is there.
 *
 * @throws ClusterError CLUSTER_UNAVAILABLE that names everything missing at once, and how to get it.
 */
export async function requireTools(
  run: Run,
  env: NodeJS.ProcessEnv = process.env,
  uid = process.getuid?.(),
): Promise<void> {
  const missing: string[] = []
  for (const [name, remedy] of Object.entries(remedies))
    if (!(await isOnPath(name, env.PATH))) missing.push(`${name} is not on the PATH: ${remedy}`)
  if (await isOnPath('docker', env.PATH)) {
    const answers = await run`docker version --format '{{.Server.Version}}'`.catch(() => '')
    if (answers === '')
      missing.push('the Docker engine does not answer: start it, or set DOCKER_HOST; docker version says more')
  }
  if (uid !== 0) missing.push('not root: debootstrap makes the files of a whole system; run it with sudo')
  if (missing.length > 0)
    throw new ClusterError(
      'CLUSTER_UNAVAILABLE',
      `a node image cannot be built here:\n${missing.map((line) => `  ${line}`).join('\n')}`,
    )
}

async function isOnPath(name: string, path = ''): Promise<boolean> {
  for (const folder of path.split(delimiter).filter(Boolean)) {
    const found = await access(join(folder, name), constants.X_OK).then(
      () => true,
      () => false,
    )
    if (found) return true
  }
  return false
}
