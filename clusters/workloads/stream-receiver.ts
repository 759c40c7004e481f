import { z } from 'zod'
import { programBeside } from '../bundle.ts'
import type { Workload } from '../workload.ts'

/**
 * Receives TCP and UDP streams and keeps account of each load by itself: GET `/streams/LOAD` on its HTTP port answers a
 * `StreamAccount`, with `?delays` the distribution of one-way delays too. `/stats` counts loads and what was none of ours.
 */
export const streamReceiver: Workload = {
  entry: programBeside(import.meta.url, './programs/stream-receiver'),
  ports: { http: 8080, tcp: 5201, udp: 5202 },
  udpPorts: ['udp'],
  env: z.strictObject({}),
  readinessProbe: { port: 'http', path: '/healthz' },
}
