import { z } from 'zod'
import { programBeside } from '../bundle.ts'
import type { Workload } from '../workload.ts'
import { type EchoSettings, limits, problemOf } from './programs/http-echo-settings.ts'

const fields = Object.entries(limits) as [keyof EchoSettings, (typeof limits)[keyof EchoSettings]][]

/** A setting of the program, checked by the program's own rule. */
export function setting(field: keyof EchoSettings) {
  return z.string().superRefine((text, context) => {
    const message = problemOf(field, text)
    if (message) context.addIssue({ code: 'custom', message })
  })
}

const env = z
  .strictObject(Object.fromEntries(fields.map(([field, { env }]) => [env, setting(field).exactOptional()])))
  .transform((given) => ({ ...given }) as Record<string, string>)

/**
 * Answers GET and POST on `/`; a POST gets its body back. `?status=&size=&delayMs=&errorShare=` or the environment set
 * status, bytes of body, delay in ms and the share (0 to 1) answered with 503. `/stats` counts the requests. SIGTERM ends it
 * at once, or after the `DRAIN_MS` of the environment, in which it answers and gives its connections up.
 */
export const httpEcho: Workload = {
  description: 'answers HTTP/1.1 requests; status, body size, delay and error share can be set',
  entry: programBeside(import.meta.url, './programs/http-echo'),
  ports: { http: 8080 },
  env,
  readinessProbe: { port: 'http', path: '/healthz' },
}
