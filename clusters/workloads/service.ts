import { z } from 'zod'
import type { Workload } from '../workload.ts'

/**
 * Whatever answers HTTP: each arm brings its own program. It listens on `PORT` of its environment, at `HOST` or on every address, and is
 * ready when GET on its path is answered with 200.
 */
export const service: Workload = {
  ports: { http: 8080 },
  env: z.record(z.string(), z.string()),
  readinessProbe: { port: 'http', path: '/' },
}
