import type { Workload } from '../workload.ts'
import { grpcEcho } from './grpc-echo.ts'
import { httpEcho } from './http-echo.ts'
import { inference } from './inference.ts'
import { service } from './service.ts'
import { streamReceiver } from './stream-receiver.ts'
import { wsEcho } from './ws-echo.ts'

export const workloads = {
  'http-echo': httpEcho,
  'grpc-echo': grpcEcho,
  'stream-receiver': streamReceiver,
  'ws-echo': wsEcho,
  inference,
} satisfies Record<string, Workload & { entry: URL }>
export type WorkloadName = keyof typeof workloads
export const workloadNames = Object.keys(workloads) as WorkloadName[]

/** What an experiment can be of: ours, or `service`, whose programs its arms bring. */
export const experimentWorkloads: Record<WorkloadName | 'service', Workload> = { ...workloads, service }
export type ExperimentWorkload = keyof typeof experimentWorkloads
export const experimentWorkloadNames = Object.keys(experimentWorkloads) as ExperimentWorkload[]
