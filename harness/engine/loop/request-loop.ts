import { schedulePlan } from '../../load/plan.ts'
import { requestsOf } from '../../load/requests.ts'
import type { Tally } from '../../load/result/tally.ts'
import { createSchedules, dealt, type Schedule } from '../../load/schedule/schedule.ts'
import { turnsOf } from '../../load/schedule/turns.ts'
import { seededRandom } from '../../random.ts'
import type { Lane, LaneOwner } from '../lane.ts'
import type { LoadLoop, Share } from '../protocol.ts'
import type { Agenda } from './agenda.ts'
import { choiceTable } from './choices.ts'
import { type LoadClock, ThreadClock } from './clock.ts'
import { ClosedPacer } from './closed-pacer.ts'
import { ConnectionAgenda } from './connection-agenda.ts'
import { RequestLoop } from './loop.ts'
import type { LoopSpec, Pacer, Sender } from './pacer.ts'
import { SharedAgenda } from './shared-agenda.ts'
import { ThinkingAgenda } from './thinking-agenda.ts'
import { TimedPacer } from './timed-pacer.ts'
import { TurnAgenda } from './turn-agenda.ts'

const defaultMaxBacklog = 1_000_000

/**
 * The loop of a protocol of requests and replies. `lanesOf` makes the lanes of this thread's connections: so many of each, those
 * of one connection in a row.
 */
export function createRequestLoop(
  { spec, thread, threads, alarm }: Share,
  tally: Tally,
  lanesOf: (owner: LaneOwner, connections: number) => Lane[],
  lanesPerConnection = 1,
  clock: LoadClock = new ThreadClock(alarm),
): LoadLoop {
  const { thinkTimeMs, staggerMs, requestsPerConnection: uses } = spec
  const share = { index: thread, of: threads }
  const connections = dealt(spec.connections, share)
  const lanes = connections * lanesPerConnection
  const allLanes = spec.connections * lanesPerConnection
  /** Of all lanes of the load, the number of this thread's. */
  const numberOf = (slot: number) => {
    const lane = slot % lanesPerConnection
    const connection = thread + ((slot - lane) / lanesPerConnection) * threads
    return connection * lanesPerConnection + lane
  }
  const random = seededRandom(spec.seed + thread)
  const turns = turnsOf(spec.arms, spec.warmUpMs * 1e6)
  const loopSpec: LoopSpec = {
    lanes: (owner) => lanesOf(owner, connections),
    keepAlive: spec.keepAlive,
    lanesPerConnection,
    startsNs:
      staggerMs === undefined
        ? undefined
        : Float64Array.from({ length: lanes }, (_, slot) => (staggerMs * 1e6 * numberOf(slot)) / allLanes),
    drawUses: uses && (() => uses.min + Math.floor(random() * (uses.max - uses.min + 1))),
    choices: choiceTable(
      requestsOf(spec).map(({ weight }) => weight),
      spec.seed + thread,
    ),
    warmUpNs: spec.warmUpMs * 1e6,
    durationNs: spec.durationMs * 1e6,
    timeoutNs: spec.timeoutMs * 1e6,
    maxRequests: spec.maxRequests === undefined ? undefined : dealt(spec.maxRequests, share),
    turns,
  }
  const plan = schedulePlan(spec)
  const timed = (sender: Sender, agenda: Agenda) =>
    new TimedPacer(sender, turns === undefined ? agenda : new TurnAgenda(agenda, turns))
  const createPacer = (sender: Sender): Pacer => {
    const { maxRequests } = loopSpec
    if (plan === null) {
      if (thinkTimeMs === undefined) return new ClosedPacer(sender, maxRequests)
      const { min, max } = thinkTimeMs
      return new TimedPacer(sender, new ThinkingAgenda(sender, () => (min + random() * (max - min)) * 1e6, maxRequests))
    }
    if (spec.pacing === 'per-connection') {
      const shares = Array.from({ length: lanes }, (_, slot) => ({ index: numberOf(slot), of: allLanes }))
      return timed(sender, new ConnectionAgenda(sender, createSchedules(plan, shares)))
    }
    const maxBacklog = Math.max(1, dealt(spec.maxBacklog ?? defaultMaxBacklog, share))
    const createSchedule = () => createSchedules(plan, [share])[0] as Schedule
    return timed(sender, new SharedAgenda(sender, createSchedule, maxBacklog, spec.maxBacklog !== undefined))
  }
  return new RequestLoop(loopSpec, tally, clock, createPacer)
}
