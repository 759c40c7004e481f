import type { Experiment, Verdict } from '../record.ts'

/** As Allure 3 reads it from a test result: what it does not know by name it takes for unknown. */
export type AllureStatus = 'passed' | 'failed' | 'broken' | 'skipped' | 'unknown'

type Judged = Pick<Experiment, 'status' | 'message' | 'arms' | 'verdicts'>

/**
 * What Allure shows of a test with these experiments: a broken limit is `failed`, an invalid verdict or any other failure `broken`, an
 * arm that could not run `skipped`, and what noise hides `unknown`: it counts for no success, and for no failure.
 */
export function allureStatus(experiments: readonly Judged[]): AllureStatus {
  const judged = experiments.flatMap(({ verdicts }) => verdicts.map(({ outcome }) => outcome))
  if (judged.includes('fail')) return 'failed'
  if (judged.includes('invalid')) return 'broken'
  if (experiments.some(({ status }) => status === 'skipped')) return 'skipped'
  if (judged.includes('inconclusive')) return 'unknown'
  return experiments.some(({ status }) => status === 'failed') ? 'broken' : 'passed'
}

/** What stands behind a status other than `passed`: sentences of the verdicts, the gravest first, and of what no verdict explains. */
export function statusMessage(experiments: readonly Judged[]): string {
  const verdicts = experiments.flatMap((experiment) => experiment.verdicts)
  const sentences = (['fail', 'invalid', 'inconclusive'] as const).flatMap((outcome) =>
    verdicts.filter((verdict) => verdict.outcome === outcome).map(sentence),
  )
  const messages = experiments.flatMap(({ message }) => message ?? [])
  const skipped = experiments
    .filter(({ status }) => status === 'skipped')
    .flatMap(({ arms }) => arms.flatMap((arm) => (arm.skipped === null ? [] : [`${arm.name}: ${arm.skipped}`])))
  return [...new Set([...sentences, ...messages, ...skipped])].join('\n')
}

/** One verdict, as matchers say it. */
export const sentence = ({ outcome, why }: Verdict) => `${outcome}: ${why}`
