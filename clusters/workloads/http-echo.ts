import { programBeside } from '../bundle.ts'
import type { Workload } from '../workload.ts'
import { echoEnv } from './echo-env.ts'
import { type EchoSettings, settingLimits } from './http-echo-settings.ts'

const env = echoEnv(Object.keys(settingLimits) as (keyof EchoSettings)[])

/**
 * Answers GET and POST on `/`; a POST gets its body back. `?status=&size=&delayMs=&errorShare=&busyUs=&sleepMs=&sleepEvery=` or the
 * environment (`STATUS`, `DELAY_MS`, …) set status, bytes of body, delay in ms, the share (0 to 1) answered with 503, and slow-downs of the
 * program itself: µs of work before each reply, and a pause of so many ms before one reply in `sleepEvery`. `/stats` counts the requests.
 * SIGTERM ends it at once, or after the `DRAIN_MS` of the environment, in which it answers and gives its connections up.
 */
export const httpEcho = {
  entry: programBeside(import.meta.url, './programs/http-echo'),
  ports: { http: 8080 },
  env,
  readinessProbe: { port: 'http', path: '/healthz' },
} satisfies Workload
