import type { Availability } from '../provider.ts'
import { findMeshCli } from './find.ts'
import type { MeshCli } from './mesh-cli.ts'
import { isOffline, offline } from './offline.ts'

/** Whether a tool is here, and how to get it. Fetches nothing. */
export async function meshCliAvailability(tool: MeshCli, env: NodeJS.ProcessEnv = process.env): Promise<Availability> {
  const { found, rejected } = await findMeshCli(tool, env)
  if (found) return { available: true, detail: [`${found.version} (${found.file})`, ...rejected].join('; ') }
  const ways = [
    ...(tool.built ? [`build it: meshmark mesh-image ${tool.built.with}`] : []),
    `put \`${tool.name}\` on PATH`,
    isOffline(env)
      ? offline
      : `else ${tool.version} is fetched from ${new URL(tool.release.base).host} when it is first needed`,
  ]
  return {
    available: false,
    reason: [`no ${tool.title} on PATH or in the cache`, ...rejected].join('; '),
    remedy: ways.join('; '),
  }
}
