import type { Outcome, RunRecord } from './record.ts'

/** What the outcome of a run rests on, in a few words: "1 of 6 objectives and budgets broken". */
export function headline({ run, experiments }: RunRecord): string {
  const verdicts = experiments.flatMap((experiment) => experiment.verdicts)
  if (verdicts.length === 0) return 'No objective and no budget was judged'
  const count = (outcome: Outcome) => verdicts.filter((verdict) => verdict.outcome === outcome).length
  const of = `of ${verdicts.length} objectives and budgets`
  const n = count(run.outcome)
  const passed = `${count('pass')} ${of} kept`
  if (n === 0) return passed
  return {
    pass: n === verdicts.length ? `all ${n} objectives and budgets kept` : passed,
    fail: `${n} ${of} broken`,
    inconclusive: `${n} ${of} too noisy to tell`,
    invalid: `${n} ${of} cannot be judged`,
  }[run.outcome]
}
