import { indicatorOf, indicators, indicatorTitle } from '../indicators.ts'
import { type Experiment, type Outcome, outcomes, type RunRecord, type Verdict } from '../record.ts'
import { summarize } from '../summary.ts'

/** A number as Allure 3 reads it from `*-perf.json`. It averages samples that share a key, so each key is one figure. */
export interface PerformanceSample {
  id: string
  key: string
  value: number
  /** Milliseconds since 1970. */
  start: number
  stop: number
  title: string
  unit: string
  group: string
  better: 'lower' | 'higher'
}

/** Every figure of a run: main indicators of the arms, estimates of the verdicts, and how many verdicts were not given. */
export function samplesOf(record: RunRecord): PerformanceSample[] {
  return [...record.experiments.flatMap((one) => ofExperiment(one, placeOf(record, one))), ...unsettled(record)]
}

/** The place of an experiment among those of its test, from 1. */
export function placeOf({ experiments }: Pick<RunRecord, 'experiments'>, experiment: Experiment): number {
  return (
    experiments
      .filter(({ suite, test }) => suite === experiment.suite && test === experiment.test)
      .indexOf(experiment) + 1
  )
}

/** The key of what a verdict estimates; of the same configuration it stays the same, so that Allure's history goes on. */
export function verdictKey({ kind, arm, over, indicator }: Verdict, experiment: Experiment, place: number): string {
  const beside = over === null ? [] : ['over', over]
  const path = kind === 'objective' ? ['objective'] : kind === 'budget' ? beside : [kind, ...beside]
  return keyOf(experiment, place, [arm, ...path, indicator])
}

/** The key of an arm's own figure. */
export const armKey = (arm: string, indicator: string, experiment: Experiment, place: number) =>
  keyOf(experiment, place, [arm, indicator])

/** The key of the number of verdicts with this outcome. */
export const outcomeKey = (outcome: Outcome) => `meshmark.${outcome}`

function keyOf({ suite, test }: Experiment, place: number, path: readonly string[]): string {
  return [suite, test, ...(place > 1 ? [String(place)] : []), ...path].map(slug).join('.')
}

function ofExperiment(experiment: Experiment, place: number): PerformanceSample[] {
  const period = periodOf(experiment)
  if (!period) return []
  const group = `${experiment.suite} › ${experiment.test}${place > 1 ? ` (${place})` : ''}`
  const sample = (
    key: string,
    value: number | null,
    about: Pick<PerformanceSample, 'title' | 'unit' | 'better'>,
  ): PerformanceSample[] => (value === null ? [] : [{ id: key, key, value, ...period, group, ...about }])
  return [
    ...summarize(experiment).flatMap(({ arm, values }) =>
      indicators
        .filter(({ detail }) => !detail)
        .flatMap(({ name, title, unit, better }) =>
          sample(armKey(arm, name, experiment, place), values[name] ?? null, {
            title: `${arm}: ${title}`,
            unit,
            better,
          }),
        ),
    ),
    ...experiment.verdicts.flatMap((verdict) =>
      sample(verdictKey(verdict, experiment, place), verdict.measured, {
        title: titleOf(verdict),
        unit: verdict.unit,
        better: indicatorOf(verdict.indicator)?.better ?? 'lower',
      }),
    ),
  ]
}

/** Allure's gate knows no intervals: what they leave open, it can only count. */
function unsettled({ run, experiments }: RunRecord): PerformanceSample[] {
  const start = Date.parse(run.startedAt)
  const given = experiments.flatMap(({ verdicts }) => verdicts)
  return outcomes
    .filter((outcome) => outcome === 'inconclusive' || outcome === 'invalid')
    .map((outcome) => ({
      ...{ id: outcomeKey(outcome), key: outcomeKey(outcome), group: 'meshmark', unit: '', better: 'lower' },
      ...{ title: `${outcome} verdicts`, value: given.filter((verdict) => verdict.outcome === outcome).length },
      ...{ start, stop: start + Math.round(run.durationMs) },
    }))
}

function titleOf({ kind, arm, over, indicator }: Verdict): string {
  const title = indicatorTitle(indicator)
  if (kind === 'budget') return `${arm} adds to ${over}: ${title}`
  if (kind === 'share') return `${arm} keeps of ${over}: ${title}`
  if (kind === 'objective') return `${arm}: ${title}, as judged`
  return `${arm}${over === null ? '' : ` over ${over}`}, beside earlier runs: ${title}`
}

function periodOf({ arms }: Experiment): { start: number; stop: number } | null {
  const trials = arms.flatMap((arm) => arm.trials)
  if (trials.length === 0) return null
  return {
    start: Math.min(...trials.map(({ startedAt }) => Date.parse(startedAt))),
    stop: Math.max(...trials.map(({ startedAt, load }) => Date.parse(startedAt) + Math.round(load.durationMs))),
  }
}

const slug = (text: string) => text.replace(/[^\p{L}\p{N}]+/gu, '-').replace(/^-|-$/g, '')
