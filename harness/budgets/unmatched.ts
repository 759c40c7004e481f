import { meshNames } from '../../clusters/meshes/index.ts'
import type { RunRecord } from '../../reports/record.ts'
import { type Budget, budgetWords } from './budget.ts'
import { nearest } from './nearest.ts'
import { armsOf, isThere, placeOf } from './where.ts'

/** Budgets whose suite ran here and that were on nothing of it, a sentence each: a typing error makes a limit that nobody can break. */
export function unmatchedBudgets(all: readonly Budget[], record: RunRecord): string[] {
  const place = placeOf(record)
  return all.flatMap((budget) => {
    const { suite, test, arm } = budget
    const ran = record.experiments.filter((one) => suite === undefined || one.suite === suite)
    // Of what did not begin nobody knows its arms.
    if (!isThere(budget, place) || ran.length === 0 || ran.every(({ arms }) => arms.length === 0)) return []
    const tests = ran.filter((one) => test === undefined || one.test === test)
    if (tests.length === 0)
      return [
        `${budgetWords(budget)}: ${missing(
          'test',
          test ?? '',
          ran.map((one) => one.test),
        )}`,
      ]
    if (arm === undefined || isLeftOut(arm, record) || tests.some(({ arms }) => armsOf(budget, arms).length > 0))
      return []
    return [
      `${budgetWords(budget)}: ${missing(
        'arm',
        arm,
        tests.flatMap(({ arms }) => arms.map(({ name }) => name)),
      )}`,
    ]
  })
}

/** A mesh that this run was not to measure is no typing error. */
const isLeftOut = (arm: string, { run }: RunRecord) =>
  meshNames.some((name) => name === arm.split(':')[0]) && !run.meshes.includes(arm)

/** Suites that budgets name and that are not there, a sentence each. */
export function unknownSuites(all: readonly Budget[], suites: readonly string[]): string[] {
  const unknown = all.filter(({ suite }) => suite !== undefined && !suites.includes(suite))
  return unknown.map((budget) => `${budgetWords(budget)}: ${missing('suite', budget.suite ?? '', suites)}`)
}

function missing(what: string, name: string, there: readonly string[]): string {
  const names = [...new Set(there)]
  const like = nearest(name, names)
  return `no ${what} ${JSON.stringify(name)}; ${like.length > 0 ? `the nearest: ${like.join(', ')}` : `there are: ${names.join(', ')}`}`
}
