import { access, constants } from 'node:fs/promises'
import { homedir } from 'node:os'
import { delimiter, isAbsolute, join } from 'node:path'
import { execa } from 'execa'

/** The version that is fetched; another one on PATH will do. */
export const pinnedVersion = '1.40.0'

export interface EnvoyBinary {
  file: string
  version: string
}

export interface Search {
  found: EnvoyBinary | null
  /** Each place that was looked at and why it would not do. */
  rejected: string[]
}

/** The folder that the fetched Envoy is kept in, for all runs of this user. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  const base = env.XDG_CACHE_HOME
  return join(
    base && isAbsolute(base) ? base : join(env.HOME || homedir(), '.cache'),
    'meshmark',
    'envoy',
    pinnedVersion,
  )
}

/** Where the Python package keeps the binary. */
export function binaryIn(folder: string): string {
  return join(folder, 'envoy', '_bin', 'envoy')
}

/** Looks for an Envoy that runs: on PATH, then in the cache. Fetches nothing. */
export async function findEnvoy(env: NodeJS.ProcessEnv = process.env): Promise<Search> {
  const rejected: string[] = []
  const candidates = [await onPath('envoy', env.PATH ?? ''), binaryIn(cacheFolder(env))]
  for (const file of candidates) {
    if (file === null || !(await isExecutable(file))) continue
    const tried = await versionOf(file)
    if ('version' in tried) return { found: { file, version: tried.version }, rejected }
    rejected.push(`${file} is no Envoy that runs here: ${tried.problem}`)
  }
  return { found: null, rejected }
}

async function versionOf(file: string): Promise<{ version: string } | { problem: string }> {
  const {
    all = '',
    exitCode,
    shortMessage,
  } = await execa(file, ['--version'], {
    all: true,
    reject: false,
    stdin: 'ignore',
    timeout: 10_000,
  }).then((result) => ({ ...result, shortMessage: 'shortMessage' in result ? result.shortMessage : '' }))
  // `envoy  version: <commit>/1.40.0/Clean/RELEASE/BoringSSL`
  const [, version] = /version: [0-9a-f]+\/(\d+\.\d+\.\d+[^/]*)\//.exec(all) ?? []
  if (exitCode === 0 && version) return { version }
  const answer = all.trim().split('\n')[0]
  return { problem: exitCode === 0 ? `--version answered '${answer}'` : String(shortMessage) }
}

async function onPath(name: string, path: string): Promise<string | null> {
  for (const folder of path.split(delimiter)) {
    if (folder && (await isExecutable(join(folder, name)))) return join(folder, name)
  }
  return null
}

function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  )
}
