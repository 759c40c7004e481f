import { join } from 'node:path'
import { cachePath } from '../../cache.ts'
import { ClusterError } from '../../errors.ts'
import { type FoundProgram, findProgram, type ProgramSearch } from '../../program.ts'

/** The version that is fetched; another one on PATH will do. */
export const pinnedVersion = '1.40.0'

export type EnvoyBinary = FoundProgram

/** The folder that the fetched Envoy is kept in, for all runs of this user. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  return cachePath(['envoy', pinnedVersion], env)
}

/** Where the Python package keeps the binary. */
export function binaryIn(folder: string): string {
  return join(folder, 'envoy', '_bin', 'envoy')
}

const program = {
  title: 'Envoy',
  name: 'envoy',
  versionArgs: ['--version'],
  // `envoy  version: <commit>/1.40.0/Clean/RELEASE/BoringSSL`
  answer: /version: [0-9a-f]+\/(\d+\.\d+\.\d+[^/]*)\//,
}

/** The Envoy at a path. Throws ClusterError CLUSTER_CONFIG_INVALID where there is none that runs. */
export async function envoyAt(file: string): Promise<EnvoyBinary> {
  const { found, rejected } = await findProgram(program, [file], { PATH: '' })
  if (found) return found
  throw new ClusterError(
    'CLUSTER_CONFIG_INVALID',
    `binary: ${rejected[0] ?? `${file} is no file that can be executed`}`,
  )
}

/** Looks for an Envoy that runs: on PATH, then in the cache. Fetches nothing. */
export function findEnvoy(env: NodeJS.ProcessEnv = process.env): Promise<ProgramSearch> {
  return findProgram(program, [binaryIn(cacheFolder(env))], env)
}
