import { z } from 'zod'
import { programBeside } from '../bundle.ts'
import type { Workload } from '../workload.ts'

/**
 * The model `tiny` behind the open inference protocol v2: `/v2/models/tiny` tells of it, `/infer` there takes a batch of token
 * sequences as a JSON tensor, `/generate_stream` answers with a server-sent event a token. `/stats` counts. SIGTERM ends it.
 */
export const inference: Workload = {
  description: 'answers inference requests (protocol v2, HTTP) with real forward passes of a small transformer',
  entry: programBeside(import.meta.url, './programs/inference'),
  ports: { http: 8080 },
  env: z.strictObject({}) as z.ZodType<Record<string, string>>,
  readinessProbe: { port: 'http', path: '/healthz' },
}
