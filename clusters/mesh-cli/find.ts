import { join } from 'node:path'
import { cachePath } from '../cache.ts'
import { findProgram, type ProgramSearch } from '../program.ts'
import type { MeshCli } from './mesh-cli.ts'

/** Where a tool of this version is kept for all runs of this user, once it has been built or fetched. */
export function meshCliPath(
  { name }: Pick<MeshCli, 'name'>,
  version: string,
  env: NodeJS.ProcessEnv = process.env,
): string {
  return join(cachePath(['tools', name, version], env), name)
}

/** Looks for a tool that runs: on PATH, then in the cache, first what was built. Fetches nothing. */
export function findMeshCli(tool: MeshCli, env: NodeJS.ProcessEnv = process.env): Promise<ProgramSearch> {
  const kept = new Set([...(tool.built ? [tool.built.version] : []), tool.version])
  const places = [...kept].map((version) => meshCliPath(tool, version, env))
  return findProgram(tool, places, env)
}
