import type { Figure } from '../../reports/figures.ts'
import { type Indicator, indicatorOf } from '../../reports/indicators.ts'
import type { Arm, Experiment, RunRecord } from '../../reports/record.ts'
import { type Budget, budgetSchema } from '../budgets/budget.ts'
import { armsOf, budgetsFor, placeOf } from '../budgets/where.ts'
import { figuresOf } from '../verdict/figures.ts'

/** Where a project states none for a test: how much worse its figures may be than those of earlier runs. */
const defaults: readonly Budget[] = (
  [
    ['p50Ms', '+5%'],
    ['p99Ms', '+10%'],
    ['errorRate', 0.001],
    ['sustainedRate', '-5%'],
    ['pushMs', '+10%'],
    ['settledMs', '+10%'],
    ['bitsPerSecond', '-5%'],
  ] as const
).map(([indicator, atMost]) => budgetSchema.parse({ indicator, atMost, over: { baseline: {} } }))

/** One limit of a gate, on an arm of the newest candidate's experiment, with the figures of all runs. */
export interface Check {
  /** The place of the experiment in the newest candidate's record. */
  place: number
  indicator: Indicator
  arm: Arm
  budget: Pick<Budget, 'limit' | 'relative'>
  /** The control arm, where figures are ratios to it within their runs. */
  over: string | null
  control: Figure[]
  candidate: Figure[]
}

/** Every limit that a gate judges: the budgets over a baseline that are on the candidate's experiments, else the defaults as far as either side has measured them: what the candidate alone lacks is no pass. Runs are given from the oldest to the newest; `windows`: each budget takes its own window of the control's. */
export function checksOf(
  budgets: readonly Budget[],
  control: readonly RunRecord[],
  candidate: readonly RunRecord[],
  { windows }: { windows: boolean },
): Check[] {
  const newest = candidate.at(-1)
  if (!newest) return []
  return newest.experiments.flatMap((experiment, place) => {
    const own = budgetsFor(budgets, 'baseline', experiment, placeOf(newest))
    const nth = newest.experiments.slice(0, place).filter((one) => isSame(one, experiment)).length
    const checks = (own.length > 0 ? own : defaults).flatMap((budget) =>
      armsOf(budget, experiment.arms).flatMap((arm): Check[] => {
        const indicator = indicatorOf(budget.indicator)
        if (!indicator) return []
        const figures = (of: readonly RunRecord[]) =>
          of.flatMap((record) => figuresIn(record, experiment, nth, indicator, arm))
        const [before, now] = [figures(windows ? control.slice(-(budget.window ?? 0)) : control), figures(candidate)]
        const over = beside(budget, indicator, arm, [...before, ...now])
        const asked = (all: readonly Figure[]) => all.filter((one) => one.form === (over === null ? 'value' : 'ratio'))
        return [{ place, indicator, arm, budget, over, control: asked(before), candidate: asked(now) }]
      }),
    )
    return own.length > 0 ? checks : checks.filter(({ control, candidate }) => control.length + candidate.length > 0)
  })
}

/** A ratio to the control of the same run leaves out what the machine did to both. Of failures there is often none, and a difference has a unit. */
function beside({ relative }: Budget, { counts }: Indicator, arm: Arm, figures: readonly Figure[]): string | null {
  if (!relative || counts || arm.control) return null
  return figures.find(({ form }) => form === 'ratio')?.over ?? null
}

type Named = Pick<Experiment, 'suite' | 'test'>
const isSame = (a: Named, b: Named) => a.suite === b.suite && a.test === b.test

/** Of the same experiment in another run: by its suite and test, and of several in one test by their order. */
function figuresIn(record: RunRecord, named: Named, nth: number, indicator: Indicator, { name }: Arm): Figure[] {
  const experiment = record.experiments.filter((one) => isSame(one, named))[nth]
  const arms = experiment?.arms.filter((arm) => arm.name === name || arm.control)
  if (!experiment || !arms) return []
  const only = { ...record, experiments: [{ ...experiment, arms }] }
  return figuresOf(only, [indicator]).filter(({ arm }) => arm === name)
}
