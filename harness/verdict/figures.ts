import type { Figure } from '../../reports/figures.ts'
import { type Indicator, indicators } from '../../reports/indicators.ts'
import { armFields, environmentFields, experimentFields, keyOf } from '../../reports/likeness.ts'
import type { Arm, Experiment, RunRecord } from '../../reports/record.ts'
import { hasUnits } from './blocks.ts'
import { estimateByTrials } from './by-trials.ts'
import { estimateByUnits } from './by-units.ts'
import type { Estimate, LimitCheck } from './limit.ts'
import { pooledEstimate } from './pooled.ts'
import { distrust, mismatches } from './usable.ts'

/** Those that stand for themselves: no other form, and no part, of one that is in the table. */
export const mainIndicators: readonly Indicator[] = indicators.filter(({ detail }) => !detail)

/**
 * The figures of a run: of every arm its own values, and of every treatment its ratios to the control within the run, which leave out what the
 * machine did to both. They are the estimates of verdicts: the median over units, the Hodges–Lehmann estimate over trials, failures over all
 * requests. A value is in the indicator's unit, a ratio in "×". What was not measured, or cannot be trusted, gives no figure.
 */
export function figuresOf(record: RunRecord, asked: readonly Indicator[] = mainIndicators): Figure[] {
  const { run } = record
  const about = { run: run.id, startedAt: run.startedAt, source: run.source ?? null }
  const environment = keyOf(environmentFields(record))
  return record.experiments.flatMap((experiment) => {
    const { suite, test, arms } = experiment
    const common = experimentFields(experiment, run.profile)
    const control = arms.find((arm) => arm.control)
    return arms.flatMap((arm) => {
      const others = control && control !== arm ? [null, control] : [null]
      const settings = keyOf(common, armFields(arm), control ? armFields(control) : {})
      return asked.flatMap((indicator) =>
        others.flatMap((over): Figure[] => {
          const found = measuredIn(experiment, { indicator, arm, over })
          if (!found) return []
          const form = over ? ('ratio' as const) : ('value' as const)
          const of = { suite, test, arm: arm.name, over: over?.name ?? null, indicator: indicator.name }
          return [{ ...about, environment, settings, ...of, unit: over ? '×' : indicator.unit, form, ...found }]
        }),
      )
    })
  })
}

type Asked = Pick<LimitCheck, 'indicator' | 'arm' | 'over'>

/** Null where it was not measured, or what was measured is not what was asked. */
function measuredIn(experiment: Experiment, asked: Asked): Pick<Figure, 'value' | 'interval'> | null {
  const arms = [asked.arm, ...(asked.over ? [asked.over] : [])]
  if (arms.some(({ skipped, trials }) => skipped !== null || trials.length === 0)) return null
  const { measured, interval } = estimateIn(experiment, arms, {
    ...asked,
    limit: {},
    kind: asked.over ? 'share' : 'objective',
  })
  if (measured === null || !Number.isFinite(measured)) return null
  const ends = interval && [interval.low, interval.high].every(Number.isFinite) ? interval : null
  return { value: measured, interval: ends && [ends.low, ends.high] }
}

const nothing: Estimate = { measured: null, interval: null, outcome: 'inconclusive' }

/** By the rules of verdicts: an arm of units cannot be trusted where one of its deployments cannot, of trials each is looked at by itself. */
function estimateIn({ unitMs = 1000 }: Experiment, arms: readonly Arm[], check: LimitCheck): Estimate {
  const trials = arms.flatMap((arm) => arm.trials)
  if (check.indicator.counts)
    return trials.some(mismatches) ? nothing : pooledEstimate(check, { running: false, family: 1 })
  if (!arms.some(hasUnits)) return estimateByTrials(check)
  if (trials.some((trial) => distrust(trial, check.indicator).length > 0)) return nothing
  return estimateByUnits(check, { unitMs, family: 1, running: false, from: 'latency' })
}
