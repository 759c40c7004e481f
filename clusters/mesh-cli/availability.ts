import type { Availability } from '../provider.ts'
import { findTool } from './find.ts'
import { isOffline, offline } from './offline.ts'
import type { Tool } from './tool.ts'

/** Whether a tool is here, and how to get it. Fetches nothing. */
export async function toolAvailability(tool: Tool, env: NodeJS.ProcessEnv = process.env): Promise<Availability> {
  const { found, rejected } = await findTool(tool, env)
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
