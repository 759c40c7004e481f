import type { LoadToolName } from '../load/plan.ts'
import { fortio } from './fortio.ts'
import { ghz } from './ghz.ts'
import { h2load } from './h2load.ts'
import { iperf3 } from './iperf3.ts'
import { k6 } from './k6.ts'
import type { LoadTool } from './tool.ts'
import { wrk } from './wrk.ts'

export const loadTools = { wrk, fortio, ghz, h2load, k6, iperf3 } satisfies Record<LoadToolName, LoadTool>
