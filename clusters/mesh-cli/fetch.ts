import { mkdtemp, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { placeFolder } from '../place-folder.ts'
import { type FoundProgram, findProgram } from '../program.ts'
import { checksumOf } from './checksum.ts'
import { download, downloadText } from './download.ts'
import { findMeshCli, meshCliPath } from './find.ts'
import type { MeshCli, Platform } from './mesh-cli.ts'
import { isOffline, offline } from './offline.ts'
import { unpack } from './unpack.ts'

/** The program that is here, or else the pinned one, fetched; a text says why it could not be had. */
export async function getMeshCli(
  tool: MeshCli,
  report: (progress: string) => void,
  env: NodeJS.ProcessEnv = process.env,
): Promise<FoundProgram | string> {
  const { found, rejected } = await findMeshCli(tool, env)
  if (found) return found
  for (const line of rejected) report(line)
  return fetchMeshCli(tool, report, env)
}

/**
 * Fetches the pinned version of a mesh's program into the cache, its published checksum checked, and returns it; a text says
 * why it could not be had. `report` is called once a second with how far it has come.
 */
export async function fetchMeshCli(
  tool: MeshCli,
  report: (progress: string) => void,
  env: NodeJS.ProcessEnv = process.env,
  platform = thisPlatform(),
): Promise<FoundProgram | string> {
  if (isOffline(env)) return offline
  if (platform === null) return `no release of ${tool.title} is known for ${process.platform} ${process.arch}`
  const target = meshCliPath(tool, tool.version, env)
  const inPlace = () => findProgram(tool, [target], { ...env, PATH: '' })
  try {
    await placeFolder(
      dirname(target),
      (folder) =>
        fill(folder, tool, platform, (progress) => report(`fetching ${tool.title} ${tool.version}: ${progress}`)),
      async () => (await inPlace()).found !== null,
    )
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
  const { found, rejected } = await inPlace()
  return found ?? rejected.join('; ')
}

/** Puts the release's program into the folder, and nothing else. */
async function fill(
  folder: string,
  { name, release }: MeshCli,
  platform: Platform,
  report: (progress: string) => void,
): Promise<void> {
  const file = release.file(platform)
  const checksums = `${release.base}/${release.checksums(file)}`
  const expected = checksumOf(file, await downloadText(checksums))
  if (expected === null) throw new Error(`${checksums} holds no SHA-256 of ${file}`)
  const scratch = await mkdtemp(join(folder, 'fetched-'))
  const fetched = join(scratch, file)
  const actual = await download(`${release.base}/${file}`, fetched, report)
  if (actual !== expected)
    throw new Error(`${release.base}/${file} has the SHA-256 ${actual}, and its release says ${expected}`)
  await unpack(fetched, release.form, release.member?.(platform) ?? name, join(folder, name)).catch((cause) => {
    throw new Error(`${file} could not be unpacked: ${cause instanceof Error ? cause.message : cause}`, { cause })
  })
  await rm(scratch, { recursive: true })
}

function thisPlatform(): Platform | null {
  const { platform: os, arch } = process
  if ((os !== 'linux' && os !== 'darwin') || (arch !== 'x64' && arch !== 'arm64')) return null
  return { os, architecture: arch === 'x64' ? 'amd64' : 'arm64' }
}
