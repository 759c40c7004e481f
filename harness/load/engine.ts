import { ClosedLoop } from './closed-loop.ts'
import type { Loop, LoopSpec } from './loop.ts'
import { OpenLoop } from './open-loop.ts'
import { requestBytes } from './request.ts'
import { constantSchedule, poissonSchedule } from './schedule.ts'
import type { LoadSpec } from './spec.ts'
import type { Tally } from './tally.ts'

/** One thread's part of a load. */
export interface Share {
  spec: LoadSpec
  host: string
  port: number
  /** Which of how many threads, from 0. */
  thread: number
  threads: number
}

/** A loop that is ready to `establish` its connections and `run`. What it measures goes to `tally`. */
export function createLoop({ spec, host, port, thread, threads }: Share, tally: Tally): Loop {
  const loopSpec: LoopSpec = {
    target: { host, port, method: spec.method, request: requestBytes(spec) },
    connections: Math.floor(spec.connections / threads) + (thread < spec.connections % threads ? 1 : 0),
    keepAlive: spec.keepAlive,
    warmUpNs: spec.warmUp * 1e6,
    durationNs: spec.duration * 1e6,
    timeoutNs: spec.timeout * 1e6,
  }
  const { rate } = spec
  if (rate === undefined) return new ClosedLoop(loopSpec, tally)
  const { warmUpNs, durationNs } = loopSpec
  const of = { rate, warmUpNs, durationNs, thread, threads }
  const schedule = spec.arrivals === 'poisson' ? poissonSchedule({ ...of, seed: spec.seed }) : constantSchedule(of)
  return new OpenLoop(loopSpec, schedule, tally)
}
