/** Set to 1, it keeps everything here from being fetched. */
export const offlineVariable = 'MESHMARK_OFFLINE'

/** Why nothing was fetched. */
export const offline = `nothing is fetched offline (--offline, ${offlineVariable}=1)`

export function isOffline(env: NodeJS.ProcessEnv = process.env): boolean {
  return env[offlineVariable] === '1'
}
