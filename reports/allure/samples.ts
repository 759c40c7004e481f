import { indicatorOf, indicators, indicatorTitle } from '../indicators.ts'
import type { Experiment, RunRecord } from '../record.ts'
import { summarize } from '../summary.ts'
import { textFormat } from './text.ts'

/** A number as Allure 3 reads it from `*-perf.json`. Samples that share a key are averaged, so each key is one arm's indicator. */
interface PerformanceSample {
  id: string
  key: string
  value: number
  start: number
  stop: number
  title: string
  unit: string
  group: string
  better: 'lower' | 'higher'
}

function samples(experiment: Experiment): PerformanceSample[] {
  const period = periodOf(experiment)
  if (!period) return []
  const sample = (
    path: string[],
    value: number | null,
    about: Pick<PerformanceSample, 'title' | 'unit' | 'better'>,
  ): PerformanceSample[] => {
    if (value === null) return []
    // History is kept by key: it holds what was configured, never what was measured.
    const key = [experiment.suite, experiment.test, ...path].map(slug).join('.')
    return [{ id: key, key, value, ...period, group: `${experiment.suite} › ${experiment.test}`, ...about }]
  }
  const budgets = experiment.verdicts.filter(({ kind }) => kind === 'budget')
  return [
    ...summarize(experiment).flatMap((arm) =>
      indicators
        .filter(({ detail }) => !detail)
        .flatMap(({ name, title, unit, better }) =>
          sample([arm.arm, name], arm.values[name] ?? null, { title: `${arm.arm}: ${title}`, unit, better }),
        ),
    ),
    ...budgets.flatMap((verdict) =>
      sample([verdict.arm, 'over', verdict.over ?? '', verdict.indicator], verdict.measured, {
        title: `${verdict.arm} adds to ${verdict.over}: ${indicatorTitle(verdict.indicator)}`,
        unit: verdict.unit,
        better: indicatorOf(verdict.indicator)?.better ?? 'lower',
      }),
    ),
  ]
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

/** The numbers beside the test results that the Allure adapter writes into the same folder. */
export const allure = textFormat(
  'allure-results/meshmark-perf.json',
  (record: RunRecord) => `${JSON.stringify(record.experiments.flatMap(samples), null, 2)}\n`,
)
