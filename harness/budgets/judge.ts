import { indicatorOf } from '../../reports/indicators.ts'
import type { Experiment, Verdict } from '../../reports/record.ts'
import type { LimitCheck } from '../verdict/limit.ts'
import type { StatedLimit } from '../verdict/stated.ts'
import { verdictOn } from '../verdict/verdict.ts'
import type { Budget } from './budget.ts'
import { armsOf, budgetsFor, type Place } from './where.ts'

/** Those that a run itself can judge. */
const formsOfRun = ['objective', 'control'] as const

/** What a verdict on it is. */
export const kindOf = ({ form, relative }: Budget): Verdict['kind'] =>
  form === 'objective' ? 'objective' : relative ? 'share' : 'budget'

/** The limits that budgets set on an experiment before it is measured: it does not end before they are clear. */
export function limitsOfBudgets(
  all: readonly Budget[],
  experiment: Pick<Experiment, 'suite' | 'test'>,
  place: Place,
): StatedLimit[] {
  return formsOfRun.flatMap((form) =>
    budgetsFor(all, form, experiment, place).map((budget): StatedLimit => {
      const { indicator, limit, arm } = budget
      const which = arm === undefined ? { treatments: true as const } : { arm }
      return { kind: kindOf(budget), indicator, limit, ...which }
    }),
  )
}

/** The verdicts of the budgets on an experiment that was measured: objectives, and what is over the control. */
export function judgeByBudgets(all: readonly Budget[], experiment: Experiment, place: Place): Verdict[] {
  const control = experiment.arms.find((arm) => arm.control) ?? null
  const checks = formsOfRun.flatMap((form) =>
    budgetsFor(all, form, experiment, place).flatMap((budget) => {
      const indicator = indicatorOf(budget.indicator)
      if (!indicator || (form === 'control' && !control)) return []
      return armsOf(budget, experiment.arms).map((arm): LimitCheck => {
        return { kind: kindOf(budget), indicator, limit: budget.limit, arm, over: form === 'control' ? control : null }
      })
    }),
  )
  return checks.map((check) => {
    // Those that are broken on the same side share its error.
    const alike = checks.filter((one) => check.over && one.over && one.arm === check.arm && side(one) === side(check))
    return verdictOn(check, Math.max(1, alike.length), experiment)
  })
}

const side = ({ limit }: LimitCheck) => (limit.max === undefined ? 'min' : 'max')
