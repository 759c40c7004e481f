import type { Workload } from '../workload.ts'
import { httpEcho } from './http-echo.ts'

export const workloads = { 'http-echo': httpEcho } satisfies Record<string, Workload>
export type WorkloadName = keyof typeof workloads
export const workloadNames = Object.keys(workloads) as WorkloadName[]
