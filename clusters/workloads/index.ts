import type { Workload } from '../workload.ts'
import { grpcEcho } from './grpc-echo.ts'
import { httpEcho } from './http-echo.ts'
import { inference } from './inference.ts'
import { streamReceiver } from './stream-receiver.ts'
import { wsEcho } from './ws-echo.ts'

export const workloads = {
  'http-echo': httpEcho,
  'grpc-echo': grpcEcho,
  'stream-receiver': streamReceiver,
  'ws-echo': wsEcho,
  inference,
} satisfies Record<string, Workload>
export type WorkloadName = keyof typeof workloads
export const workloadNames = Object.keys(workloads) as WorkloadName[]
