import { indicatorName } from '../claim.ts'
import type { Experiment, RunRecord, Verdict } from '../record.ts'
import { type ArmSummary, summarize } from '../summary.ts'
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

interface Metric {
  indicator: string
  unit: string
  better: PerformanceSample['better']
  of(arm: ArmSummary): number | null
}

const inMs = (us: number | null) => (us === null ? null : us / 1000)

const metrics: Metric[] = [
  { indicator: 'p50Ms', unit: 'ms', better: 'lower', of: ({ latency }) => inMs(latency.p50Us) },
  { indicator: 'p99Ms', unit: 'ms', better: 'lower', of: ({ latency }) => inMs(latency.p99Us) },
  { indicator: 'p999Ms', unit: 'ms', better: 'lower', of: ({ latency }) => inMs(latency.p999Us) },
  { indicator: 'achievedRate', unit: 'requests/s', better: 'higher', of: ({ achievedRate }) => achievedRate },
  { indicator: 'cpuUsPerRequest', unit: 'µs', better: 'lower', of: (arm) => arm.cpuUsPerRequest.total },
  { indicator: 'memoryBytes', unit: 'bytes', better: 'lower', of: (arm) => arm.memoryBytes.total },
  ...(['pushMs', 'settledMs', 'longestGapMs'] as const).map(
    (indicator): Metric => ({ indicator, unit: 'ms', better: 'lower', of: ({ churn }) => churn?.[indicator] ?? null }),
  ),
  {
    indicator: 'errorRate',
    unit: '',
    better: 'lower',
    of: ({ errors, requests }) => (errors === null || !requests ? null : errors / requests),
  },
]

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
      metrics.flatMap(({ indicator, unit, better, of }) =>
        sample([arm.arm, indicator], of(arm), { title: `${arm.arm}: ${indicatorName(indicator)}`, unit, better }),
      ),
    ),
    ...budgets.flatMap((verdict) =>
      sample([verdict.arm, 'over', verdict.over ?? '', verdict.indicator], verdict.measured, {
        title: `${verdict.arm} adds to ${verdict.over}: ${indicatorName(verdict.indicator)}`,
        unit: verdict.unit,
        better: directionOf(verdict),
      }),
    ),
  ]
}

const directionOf = ({ limit }: Verdict) => (limit.max === undefined ? 'higher' : 'lower')

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
