import { fingerprint } from '../../reports/environment.ts'
import type { Arm, Environment, Experiment, RunRecord } from '../../reports/record.ts'
import type { Budget, BudgetForm } from './budget.ts'

/** Where an experiment runs, as far as budgets ask. */
export interface Place extends Pick<Environment, 'architecture' | 'cpuModel'> {
  cluster: string
}

export const placeOf = ({ run, environment }: Pick<RunRecord, 'run' | 'environment'>): Place => ({
  ...{ cluster: run.cluster.provider, architecture: environment.architecture, cpuModel: environment.cpuModel },
})

/** Of a run that is going on. */
export function placeOfRun({ cluster }: { cluster: { ref: { provider: string } } }): Place {
  const { architecture, cpuModel } = fingerprint({})
  return { cluster: cluster.ref.provider, architecture, cpuModel }
}

type Named = Pick<Experiment, 'suite' | 'test'>

/** Whether a budget is on what runs there. A part of the CPU's name is enough. */
export function isThere({ environment = {} }: Budget, place: Place): boolean {
  const { cluster, architecture, cpuModel } = environment
  return (
    (cluster === undefined || cluster === place.cluster) &&
    (architecture === undefined || architecture === place.architecture) &&
    (cpuModel === undefined || place.cpuModel.includes(cpuModel))
  )
}

const isOn = ({ suite, test }: Budget, named: Named) =>
  (suite === undefined || suite === named.suite) && (test === undefined || test === named.test)

/** The budgets of one form that are on an experiment. */
export const budgetsFor = (all: readonly Budget[], form: BudgetForm, experiment: Named, place: Place): Budget[] =>
  all.filter((budget) => budget.form === form && isOn(budget, experiment) && isThere(budget, place))

/**
 * The arms of an experiment that a budget is on: the one it names; else every arm but the control, or the only one there is. Those that did not
 * run are left out, unless named.
 */
export function armsOf({ arm, form }: Pick<Budget, 'arm' | 'form'>, arms: readonly Arm[]): Arm[] {
  if (arm !== undefined) return arms.filter(({ name, control }) => name === arm && !(form === 'control' && control))
  const treatments = arms.filter(({ control }) => !control)
  const meant = treatments.length === 0 && form !== 'control' ? arms : treatments
  return meant.filter(({ skipped }) => skipped === null)
}
