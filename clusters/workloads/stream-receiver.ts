import { z } from 'zod'
import { programBeside } from '../bundle.ts'
import type { Workload } from '../workload.ts'

/**
 * Receives TCP and UDP streams and keeps an account of each load. GET `/streams/LOAD` on its HTTP port returns a `StreamAccount`,
 * with `?delays` the distribution of one-way delays too. `/stats` counts the loads, and the packets and connections of strangers.
 */
export const streamReceiver = {
  entry: programBeside(import.meta.url, './programs/stream-receiver'),
  ports: { http: 8080, tcp: 5201, udp: 5202 },
  udpPorts: ['udp'],
  env: z.strictObject({}),
  readinessProbe: { port: 'http', path: '/healthz' },
} satisfies Workload
