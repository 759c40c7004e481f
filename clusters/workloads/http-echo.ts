import { programBeside } from '../bundle.ts'
import type { Workload } from '../workload.ts'
import { echoEnv } from './echo-env.ts'
import { type EchoSettings, settingLimits } from './http-echo-settings.ts'

const env = echoEnv(Object.keys(settingLimits) as (keyof EchoSettings)[])

/**
 * Answers GET and POST on `/`; a POST gets its body back. `?status=&size=&delayMs=&errorShare=` or the environment set
 * status, bytes of body, delay in ms and the share (0 to 1) answered with 503. `/stats` counts the requests. SIGTERM ends it
 * at once, or after the `DRAIN_MS` of the environment, in which it answers and gives its connections up.
 */
export const httpEcho: Workload = {
  entry: programBeside(import.meta.url, './programs/http-echo'),
  ports: { http: 8080 },
  env,
  readinessProbe: { port: 'http', path: '/healthz' },
}
