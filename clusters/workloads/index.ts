import type { Workload } from '../workload.ts'
import { httpEcho } from './http-echo.ts'
import { streamReceiver } from './stream-receiver.ts'

export const workloads = { 'http-echo': httpEcho, 'stream-receiver': streamReceiver } satisfies Record<string, Workload>
export type WorkloadName = keyof typeof workloads
export const workloadNames = Object.keys(workloads) as WorkloadName[]
