import { programBeside } from '../bundle.ts'
import type { Workload } from '../workload.ts'
import { echoEnv } from './echo-env.ts'

const env = echoEnv(['delayMs', 'size'])

/**
 * Sends every WebSocket message back, on any path; the environment sets a delay in ms and the bytes of each reply in place of
 * what was sent. `/stats` counts upgrades (`requests`: what a proxy sees), open connections and messages. SIGTERM ends it.
 */
export const wsEcho = {
  entry: programBeside(import.meta.url, './programs/ws-echo'),
  ports: { http: 8080 },
  env,
  readinessProbe: { port: 'http', path: '/healthz' },
} satisfies Workload
