import { join } from 'node:path'
import { cachePath } from '../cache.ts'
import { findProgram, type Search } from '../program.ts'
import type { Tool } from './tool.ts'

/** Where a tool of this version is kept for all runs of this user, once it has been built or fetched. */
export function toolPath({ name }: Pick<Tool, 'name'>, version: string, env: NodeJS.ProcessEnv = process.env): string {
  return join(cachePath(['tools', name, version], env), name)
}

/** Looks for a tool that runs: on PATH, then in the cache, first what was built. Fetches nothing. */
export function findTool(tool: Tool, env: NodeJS.ProcessEnv = process.env): Promise<Search> {
  const kept = new Set([...(tool.built ? [tool.built.version] : []), tool.version])
  const places = [...kept].map((version) => toolPath(tool, version, env))
  return findProgram(tool, places, env)
}
