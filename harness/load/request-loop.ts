import { ClosedLoop } from './closed-loop.ts'
import type { Lane, LaneOwner } from './lane.ts'
import type { Loop, LoopSpec } from './loop.ts'
import { OpenLoop } from './open-loop.ts'
import type { Share } from './protocol.ts'
import { createSchedule, schedulePlan } from './schedule.ts'
import type { Tally } from './tally.ts'

/** The loop of a protocol that asks and is answered. `lanesOf` makes the lanes of this thread's connections. */
export function createRequestLoop(
  { spec, thread, threads }: Share,
  tally: Tally,
  lanesOf: (owner: LaneOwner, connections: number) => Lane[],
): Loop {
  const connections = Math.floor(spec.connections / threads) + (thread < spec.connections % threads ? 1 : 0)
  const loopSpec: LoopSpec = {
    lanes: (owner) => lanesOf(owner, connections),
    keepAlive: spec.keepAlive,
    warmUpNs: spec.warmUp * 1e6,
    durationNs: spec.duration * 1e6,
    timeoutNs: spec.timeout * 1e6,
  }
  const plan = schedulePlan(spec)
  return plan === null
    ? new ClosedLoop(loopSpec, tally)
    : new OpenLoop(loopSpec, createSchedule(plan, { index: thread, of: threads }), tally)
}
