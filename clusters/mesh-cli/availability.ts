import type { Availability } from '../provider.ts'
import { findMeshCli } from './find.ts'
import type { MeshCli } from './mesh-cli.ts'
import { isOffline, offline } from './offline.ts'

/** Whether a tool is here, and how to get it. Fetches nothing. */
export async function meshCliAvailability(tool: MeshCli, env: NodeJS.ProcessEnv = process.env): Promise<Availability> {
  const { found, rejected } = await findMeshCli(tool, env)
  if (found) return { available: true, detail: [`${found.version} (${found.file})`, ...rejected].join('; ') }
  const canBeFetched = !isOffline(env)
  const from = new URL(tool.release.base).host
  const ways = [
    ...(tool.built ? [`build it: meshmark mesh-image ${tool.built.with}`] : []),
    `put \`${tool.name}\` on PATH`,
    canBeFetched ? `else ${tool.version} is fetched from ${from} when it is first needed` : offline,
  ]
  return {
    available: false,
    reason: [`no ${tool.title} on PATH or in the cache`, ...rejected].join('; '),
    remedy: ways.join('; '),
    ...(canBeFetched ? { fetched: `${tool.title} ${tool.version}, from ${from}` } : {}),
    ...(tool.built ? { command: `meshmark mesh-image ${tool.built.with}` } : {}),
  }
}
