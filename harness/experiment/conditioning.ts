import type { Cluster, Program } from '../../clusters/provider.ts'
import { loadOn, type ReadyArm } from './arms.ts'
import type { Capacity } from './chosen-design.ts'
import { Session } from './session.ts'
import type { ExperimentSpec } from './spec.ts'

/** Of all arms together, where there are many; and each one's most and least. */
const allMs = 6000
const eachMs = { most: 1200, least: 500 }
/** Between two arms' turns: what was under way ends. */
const gapMs = 100
const waitMs = 60_000

/**
 * Loads each arm in its turn with as much as it takes. The first load finds cold caches, unopened connections and code not yet compiled, so
 * half of it is a warm-up; the rest shows what the arm holds.
 */
export async function condition(
  cluster: Cluster,
  program: Program,
  arms: readonly ReadyArm[],
  load: ExperimentSpec['load'],
): Promise<Capacity[]> {
  const halfMs = Math.max(eachMs.least, Math.min(eachMs.most, allMs / arms.length)) / 2
  const members = arms.map((arm, place) => ({
    arm,
    load: {
      ...loadOn(arm, { ...unpaced(load), warmUpMs: halfMs, durationMs: halfMs }),
      share: { agent: 0, agents: 1 },
    },
    delayMs: place * (2 * halfMs + gapMs),
  }))
  await using session = await Session.open(cluster, program, members, { waitMs })
  session.begin()
  const loads = await session.results()
  const resources = await session.resources(loads.map(({ requests, warmUpRequests }) => requests + warmUpRequests))
  return arms.map(({ spec: { name } }, place) => {
    const of = [
      loads[place]?.cpuUsPerRequest ?? null,
      ...(resources[place] ?? [])
        .filter(({ role }) => role !== 'control-plane')
        .map(({ cpuUsPerRequest }) => cpuUsPerRequest),
    ]
    const roundTripUs = loads[place]?.serviceTime.p50Us ?? null
    return {
      arm: name,
      rate: loads[place]?.achievedRate ?? 0,
      roundTripMs: roundTripUs === null ? null : roundTripUs / 1000,
      cpuUsPerRequest: of.reduce((sum, us) => (sum === null || us === null ? null : sum + us), 0),
    }
  })
}

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
