import type { Outcome, RunRecord, Verdict } from '../../reports/record.ts'
import { worstOutcome } from '../../reports/worst-outcome.ts'
import type { Budget } from '../budgets/budget.ts'
import { HarnessError } from '../errors.ts'
import { type Check, checksOf } from './checks.ts'
import { isEnough } from './decide.ts'
import { type DifferenceKind, differencesOf, differenceWords } from './differences.ts'
import { verdictOf } from './verdicts.ts'

/** Runs that a gate sets beside each other, of each side from the oldest to the newest. */
export interface GateRuns {
  control: readonly RunRecord[]
  candidate: readonly RunRecord[]
}

export interface GateSettings {
  budgets: readonly Budget[]
  /** What may differ between the runs. */
  allowed: readonly DifferenceKind[]
  /** Each budget takes its own window of the control's runs. Else all of them. */
  windows: boolean
}

/** What a gate says of the newest candidate, and how often it could still learn more from measuring again. */
export interface Judgement {
  /** The newest candidate's record with the verdicts beside its own. */
  record: RunRecord
  verdicts: Verdict[]
  /** Limits that were broken, or had too few candidate runs: so many more might change that. 0: none would. */
  worthAgain: number
}

/**
 * Judges runs beside runs. Throws HarnessError CONFIG_INVALID where a side is empty, a run stands on both, or they differ in what was not
 * allowed to.
 */
export function judgeRuns(runs: GateRuns, { budgets, allowed, windows }: GateSettings): Judgement {
  const { control, candidate } = runs
  checkSides(runs)
  const differs = differencesOf(control, candidate)
  const refused = differs.filter(({ kind }) => !allowed.includes(kind))
  if (refused.length > 0) throw new HarnessError('CONFIG_INVALID', refusal(refused))
  const newest = candidate.at(-1) as RunRecord
  const checks = checksOf(budgets, control, candidate, { windows })
  if (checks.length === 0)
    throw new HarnessError(
      'CONFIG_INVALID',
      `nothing to judge: run ${newest.run.id} measured nothing that a budget over a baseline is on`,
    )
  const verdicts = checks.map((check) => verdictOf(check, checks.length))
  const experiments = newest.experiments.map((experiment, place) => ({
    ...experiment,
    verdicts: [
      ...experiment.verdicts.filter(({ kind }) => kind !== 'baseline'),
      ...verdicts.filter((_, i) => checks[i]?.place === place),
    ],
  }))
  const missing = missingTests(control, newest)
  const outcomes: Outcome[] = [
    ...candidate.map(({ run }) => run.outcome),
    ...verdicts.map(({ outcome }) => outcome),
    ...missing.map(() => 'inconclusive' as const),
  ]
  const outcome = worstOutcome(outcomes)
  const gate = {
    ...{ control: control.map(({ run }) => run.id), candidate: candidate.map(({ run }) => run.id) },
    differs: differs.map(differenceWords),
  }
  const reasons = [
    ...candidate.flatMap(({ run: { id, outcome } }) =>
      outcome === 'pass' ? [] : [`run ${id} of the candidate is by itself ${outcome}`],
    ),
    ...missing.map((test) => `the candidate has not measured ${test}, which earlier runs have`),
  ]
  const record = {
    ...newest,
    run: { ...newest.run, outcome, gate: { ...gate, ...(reasons.length > 0 && { reasons }) } },
    experiments,
  }
  return { record, verdicts, worthAgain: worth(checks, verdicts) }
}

/** Tests of the candidate's suites that the newest run before it measured and the candidate did not: a gate that misses them would pass whatever they do. */
function missingTests(control: readonly RunRecord[], newest: RunRecord): string[] {
  const testsOf = (record: RunRecord | undefined) =>
    (record?.experiments ?? []).flatMap(({ suite, test, arms }) => (arms.length > 0 ? [{ suite, test }] : []))
  const own = testsOf(newest)
  return testsOf(control.at(-1))
    .filter((one) => own.some(({ suite }) => suite === one.suite))
    .filter((one) => !own.some(({ suite, test }) => suite === one.suite && test === one.test))
    .map(({ suite, test }) => `${suite} › ${test}`)
}

const longest = 12

/** By the flag that allows it, what differs. */
function refusal(refused: ReturnType<typeof differencesOf>): string {
  const kinds = [...new Set(refused.map(({ kind }) => kind))]
  const lines = refused.slice(0, longest).map((one) => `  ${one.kind}: ${differenceWords(one)}`)
  const more = refused.length > longest ? [`  and ${refused.length - longest} more`] : []
  const next = `Compare runs that are alike, or allow it: --allow-different ${kinds.join(',')}`
  return ['the runs are not alike, and a difference between them may be of that:', ...lines, ...more, next].join('\n')
}

function checkSides({ control, candidate }: GateRuns): void {
  const empty = [...(control.length === 0 ? ['control'] : []), ...(candidate.length === 0 ? ['candidate'] : [])]
  if (empty.length > 0)
    throw new HarnessError('CONFIG_INVALID', `no ${empty.join(' and no ')} run: one of each side is needed at least`)
  const all = [...control, ...candidate].map(({ run }) => run.id)
  const twice = [...new Set(all.filter((id, i) => all.indexOf(id) !== i))]
  if (twice.length > 0) throw new HarnessError('CONFIG_INVALID', `a run is named twice: ${twice.join(', ')}`)
}

/** A fail is confirmed by one run more; where there are too few candidate runs, as many as it takes. */
function worth(checks: readonly Check[], verdicts: readonly Verdict[]): number {
  if (verdicts.some(({ outcome }) => outcome === 'fail')) return 1
  const missing = verdicts.map(({ interval, outcome }, i) => {
    const { control, candidate } = checks[i] as Check
    if (interval || outcome !== 'inconclusive' || control.length === 0) return 0
    for (let more = 1; more <= mostAgain; more++)
      if (isEnough(candidate.length + more, control.length, checks.length)) return more
    return 0
  })
  return Math.max(0, ...missing)
}

/** So often at most the candidate is measured again. */
export const mostAgain = 5
