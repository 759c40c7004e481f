import { z } from 'zod'
import { programBeside } from '../bundle.ts'
import type { Workload } from '../workload.ts'

/**
 * The model `tiny` behind the open inference protocol v2. `/v2/models/tiny` describes it; below that, `/infer` takes a batch of
 * token sequences as a JSON tensor, and `/generate_stream` replies with a server-sent event a token. The port `grpc` has the same as
 * `inference.GRPCInferenceService`: ModelMetadata, ModelInfer, and Triton's ModelStreamInfer with a response a token. `/stats`, on
 * either port, counts the requests of both. SIGTERM ends it.
 */
export const inference = {
  entry: programBeside(import.meta.url, './programs/inference'),
  ports: { http: 8080, grpc: 8081 },
  env: z.strictObject({}) as z.ZodType<Record<string, string>>,
  readinessProbe: { port: 'http', path: '/healthz' },
} satisfies Workload
