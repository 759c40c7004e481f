import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'

/** A place in the user's cache: what is worth keeping from one run or build to the next. */
export function cachePath(names: readonly string[], env: NodeJS.ProcessEnv = process.env): string {
  return ownPath(env.XDG_CACHE_HOME, ['.cache'], names, env)
}

/** A place among the user's states: what a later run has to know of this one. */
export function statePath(names: readonly string[], env: NodeJS.ProcessEnv = process.env): string {
  return ownPath(env.XDG_STATE_HOME, ['.local', 'state'], names, env)
}

function ownPath(
  base: string | undefined,
  usual: readonly string[],
  names: readonly string[],
  env: NodeJS.ProcessEnv,
): string {
  const folder = base && isAbsolute(base) ? base : join(env.HOME || homedir(), ...usual)
  return join(folder, 'meshmark', ...names)
}
