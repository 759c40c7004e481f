import type { Cluster, Program } from '../../clusters/provider.ts'
import type { LoadResult } from '../../reports/load-result.ts'
import type { TargetedPlan } from '../load/plan.ts'
import { awaitAll, loadOn, type ReadyArm } from './arms.ts'
import type { Capacity } from './chosen-design.ts'
import { type Member, Session } from './session.ts'
import type { ExperimentSpec } from './spec.ts'

/** Of all arms together, where there are many; and each one's most and least. */
const allMs = 6000
const eachMs = { most: 1000, least: 500 }
/** Between two arms' turns: what was under way ends. And from the last one to the load of all of them: use is read. */
const gapMs = 100
const readingMs = 400
/** Of the load at the rate that was asked for. */
const atRateMs = { warmUp: 200, measured: 800 }
const waitMs = 60_000

/**
 * Loads each arm in its turn with as much as it takes. The first load finds cold caches, unopened connections and code not yet compiled, so
 * half of it is a warm-up; the rest shows what the arm holds. Where a rate was asked for, all arms have it together for a moment: a request
 * takes more CPU time the fewer there are.
 */
export async function condition(
  cluster: Cluster,
  program: Program,
  arms: readonly ReadyArm[],
  load: ExperimentSpec['load'],
  pause: TargetedPlan['pause'],
): Promise<Capacity[]> {
  const halfMs = Math.max(eachMs.least, Math.min(eachMs.most, allMs / arms.length)) / 2
  // A part of one: its agents agree on when to begin.
  const share = { agent: 0, agents: 1 }
  const alone = arms.map((arm, place) => ({
    arm,
    load: { ...loadOn(arm, { ...unpaced(load), warmUpMs: halfMs, durationMs: halfMs }), share },
    delayMs: place * (2 * halfMs + gapMs),
  }))
  const atRate = { warmUpMs: atRateMs.warmUp, durationMs: atRateMs.measured, pause }
  const delayMs = arms.length * (2 * halfMs + gapMs) + readingMs
  const together = arms.map((arm) => ({ arm, load: { ...loadOn(arm, { ...load, ...atRate }), share }, delayMs }))
  await using sessions = new AsyncDisposableStack()
  const open = async (members: readonly Member[]) =>
    sessions.use(await Session.open(cluster, program, members, { waitMs }))
  const opening = [open(alone), ...(load.rate === undefined ? [] : [open(together)])]
  const [held, asked] = (await awaitAll(opening)) as [Session, Session?]
  // Both moments are told at once: it takes a while to tell one.
  held.begin()
  asked?.begin()
  const most = await held.results()
  // Its pods did something before.
  await asked?.readUsage(0, 0, [])
  const last = asked ?? held
  const loads = asked ? await asked.results() : most
  await last.readUsage(0, 1, loads.map(sentIn))
  return arms.map(({ spec: { name } }, place) => {
    const roundTripUs = most[place]?.serviceTime.p50Us ?? null
    const of = [
      loads[place]?.cpuUsPerRequest ?? null,
      ...(last.usageOf(place).at(-1)?.resources ?? [])
        .filter(({ role }) => role !== 'control-plane')
        .map(({ cpuUsPerRequest }) => cpuUsPerRequest),
    ]
    return {
      arm: name,
      rate: most[place]?.achievedRate ?? 0,
      roundTripMs: roundTripUs === null ? null : roundTripUs / 1000,
      cpuUsPerRequest: of.reduce((sum, us) => (sum === null || us === null ? null : sum + us), 0),
    }
  })
}

const sentIn = ({ requests, warmUpRequests }: LoadResult) => requests + warmUpRequests

/** The same requests as a closed loop that does not rest. */
export function unpaced({
  rate: _rate,
  pacing: _pacing,
  maxBacklog: _maxBacklog,
  thinkTimeMs: _thinkTime,
  staggerMs: _stagger,
  maxRequests: _maxRequests,
  stopWhen: _stopWhen,
  ...load
}: ExperimentSpec['load']): ExperimentSpec['load'] {
  return load
}
