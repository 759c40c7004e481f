import { programBeside } from '../bundle.ts'
import type { Workload } from '../workload.ts'
import { echoEnv } from './echo-env.ts'

const env = echoEnv(['size', 'delayMs', 'errorShare'])

/**
 * Serves `meshmark.Echo` over gRPC in plain text, with reflection and health: Unary, ServerStream, ClientStream, BidiStream. A
 * request's `size`, `delay_ms` and `count`, or the environment's SIZE, DELAY_MS and ERROR_SHARE, set bytes of body, delay of each
 * reply, replies of ServerStream and the share (0 to 1) that ends as UNAVAILABLE. On the same port HTTP/1.1 gets `/healthz`, and
 * `/stats`, which counts the calls of Echo.
 */
export const grpcEcho = {
  entry: programBeside(import.meta.url, './programs/grpc-echo'),
  ports: { grpc: 50051 },
  env,
  readinessProbe: { port: 'grpc', path: '/healthz' },
} satisfies Workload
