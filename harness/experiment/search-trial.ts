import type { Cluster, Program } from '../../clusters/provider.ts'
import { indicatorOf } from '../../reports/indicators.ts'
import type { LoadResult } from '../../reports/load-result.ts'
import { amount } from '../../reports/numbers.ts'
import { type Reason, reason } from '../../reports/reasons.ts'
import type { Trial } from '../../reports/record.ts'
import type { TargetedPlan } from '../load/plan.ts'
import type { ReadyArm } from './arms.ts'
import type { Procedure } from './procedure.ts'
import { findRate, type RateAttempt } from './search.ts'
import type { SearchSpec } from './spec.ts'
import { runAgents, runTrial, type TrialProgress } from './trial.ts'

const confirmations = 4

/** Trials that look for the highest rate an arm sustains; each begins where the last one found it. */
export function searching(search: SearchSpec): Procedure {
  return {
    skipReason: () => null,
    async prepare(cluster, arm) {
      let near: number | null = null
      return {
        ...arm,
        async trial(agent, load, position, onProgress) {
          const trial = await runSearch(cluster, agent, arm, { ...load, search }, near, position, onProgress)
          near = trial.search?.sustainedRate ?? near
          return trial
        },
      }
    },
  }
}

/**
 * One search for the highest rate that keeps the objectives, and a trial at that rate, which proves the treatment. `near` is what an
 * earlier search of this arm has found. The trial is invalid, with the reason, when no rate was found or none could be confirmed.
 */
async function runSearch(
  cluster: Cluster,
  agent: Program,
  arm: ReadyArm,
  { search, ...spec }: TargetedPlan & { agents: number; search: SearchSpec },
  near: number | null,
  position: { index: number; block: number },
  onProgress: (progress: TrialProgress) => void,
): Promise<Trial> {
  const tryAt = async (rate: number) =>
    attemptOf(search, await runAgents(cluster, agent, arm, { ...spec, rate }, onProgress))
  const found = await findRate(search, near, tryAt)
  const steps = [...found.steps]
  let rate = found.rate ?? found.steps.findLast(({ kept }) => kept)?.rate ?? search.from
  for (let tries = 1; ; tries++) {
    const trial = await runTrial(cluster, agent, arm, { ...spec, rate }, position, onProgress)
    const confirmed = attemptOf(search, trial.load)
    steps.push(confirmed)
    const reasons = [...trial.validity.reasons, ...(found.why === null ? [] : [reason('rate_not_found', found.why)])]
    if (confirmed.kept || found.rate === null) return searched(trial, steps, found.rate === null ? null : rate, reasons)
    if (tries === confirmations) {
      const why = `no rate could be confirmed: ${confirmed.why} at ${rate}/s`
      return searched(trial, steps, null, [...reasons, reason('rate_not_confirmed', why)])
    }
    rate = Math.max(search.from, Math.round(rate / (1 + search.resolution)))
  }
}

function searched(trial: Trial, all: readonly RateAttempt[], sustainedRate: number | null, reasons: Reason[]): Trial {
  const steps = all.map(({ limited: _, ...step }) => step)
  return { ...trial, search: { sustainedRate, steps }, validity: { valid: reasons.length === 0, reasons } }
}

/** Whether a load kept the objectives, and the rate itself. */
function attemptOf({ keeping }: SearchSpec, load: LoadResult): RateAttempt {
  const trial = { load, resources: [] } as unknown as Trial
  const broken = Object.entries(keeping).flatMap(([name, { max = Infinity, min = -Infinity }]) => {
    const { of = () => null, unit = '' } = indicatorOf(name) ?? {}
    const value = of(trial)
    if (value === null) return [`${name} was not measured`]
    return value <= max && value >= min ? [] : [`${name} is ${amount(value, unit)}`]
  })
  // A rate that was not held, or at which requests fail, is an answer about the system; any other reason is the generator's.
  const limited = load.validity.reasons.some(({ code }) => code !== 'rate_not_held' && code !== 'errors_above_limit')
  const why = [...broken, ...load.validity.reasons.map(({ text }) => text)]
  return {
    rate: load.targetRate ?? 0,
    kept: why.length === 0,
    limited,
    achievedRate: load.achievedRate,
    p99Us: load.latency.p99Us,
    why: why.length === 0 ? null : why.join('; '),
  }
}
