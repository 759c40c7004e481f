import type { Workload } from '../workload.ts'
import { grpcEcho } from './grpc-echo.ts'
import { httpEcho } from './http-echo.ts'

export const workloads = { 'http-echo': httpEcho, 'grpc-echo': grpcEcho } satisfies Record<string, Workload>
export type WorkloadName = keyof typeof workloads
export const workloadNames = Object.keys(workloads) as WorkloadName[]
