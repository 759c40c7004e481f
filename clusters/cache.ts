import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'

/** A place in the user's cache: what is worth keeping from one run or build to the next. */
export function cachePath(names: readonly string[], env: NodeJS.ProcessEnv = process.env): string {
  const base = env.XDG_CACHE_HOME
  const cache = base && isAbsolute(base) ? base : join(env.HOME || homedir(), '.cache')
  return join(cache, 'meshmark', ...names)
}
