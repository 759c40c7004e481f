import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'

/** As systems name the home of users who have none. What is kept from one run to the next cannot be written there, and is then not kept. */
const noHome = '/nonexistent'

/** The user's home folder, whether or not there is one. */
export function homeFolder(env: NodeJS.ProcessEnv = process.env, lookUp: () => string = homedir): string {
  if (env.HOME) return env.HOME
  try {
    return lookUp()
  } catch {
    // Containers run under user ids that the system has no entry for.
    return noHome
  }
}

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
  const folder = base && isAbsolute(base) ? base : join(homeFolder(env), ...usual)
  return join(folder, 'meshmark', ...names)
}
