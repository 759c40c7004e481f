import { figuresOf } from './claim.ts'
import { indicatorTitle } from './indicators.ts'
import type { Experiment, Outcome, RunRecord, Verdict } from './record.ts'

/** An outcome, or that a test was left out for a reason. */
export type Status = Outcome | 'skipped'

/** The gravest first. */
export const gravest: readonly Status[] = ['fail', 'invalid', 'inconclusive', 'skipped', 'pass']

/** One line of what a run says: a verdict, or what became of a test where no verdict says it. */
export interface Judgement {
  suite: string
  test: string
  /** The suite's file, relative to its project; null where the record does not have it. */
  file: string | null
  /** What was asked, never what was measured: the same in every run, so that other tools can follow it. */
  name: string
  status: Status
  /** A sentence; null of what has nothing to explain. */
  why: string | null
  verdict: Verdict | null
}

/** All that a run says, in its own order. */
export const judgementsOf = (record: RunRecord): Judgement[] => [
  ...record.experiments.flatMap(ofExperiment),
  ...ofRun(record),
]

/** The verdicts of an experiment, and what became of its test where they do not say it. Never empty. */
export function ofExperiment(experiment: Experiment): Judgement[] {
  const { suite, test, verdicts } = experiment
  const place = { suite, test, file: experiment.file ?? null }
  const judged = verdicts.map((verdict): Judgement => {
    return { ...place, name: questionOf(verdict), status: verdict.outcome, why: verdict.why, verdict }
  })
  const itself = ofTest(experiment)
  return itself ? [...judged, { ...place, name: 'the test itself', verdict: null, ...itself }] : judged
}

/** One line where a run ended worse than any of its experiments shows; else none. */
export function ofRun({ run, experiments }: RunRecord): Judgement[] {
  const shown = new Set(experiments.flatMap(ofExperiment).map(({ status }) => status))
  if (run.outcome === 'pass' || shown.has(run.outcome) || (run.outcome === 'inconclusive' && shown.has('skipped')))
    return []
  const why = `the run is ${run.outcome}: a test that measured nothing failed or was skipped, or the run was cut short`
  const place = { suite: 'run', test: 'run', file: null }
  return [{ ...place, name: 'the run itself', status: run.outcome, why, verdict: null }]
}

/** What is to be said of a test beside its verdicts; null where they say all. */
function ofTest({ status, message, verdicts }: Experiment): Pick<Judgement, 'status' | 'why'> | null {
  if (status === 'skipped') return { status: 'skipped', why: message ?? 'it was skipped' }
  if (status === 'failed' && (message !== null || verdicts.every(({ outcome }) => outcome === 'pass')))
    return { status: 'invalid', why: message ?? 'it failed for a reason that is no verdict' }
  return verdicts.length === 0
    ? { status: 'pass', why: 'it measured, and no objective and no budget was judged' }
    : null
}

/** "p99 of envoy ≤ 10 ms", "what envoy adds to baseline at p99 ≤ 2 ms". */
function questionOf(verdict: Verdict): string {
  const { kind, arm, over, indicator } = verdict
  const { limit } = figuresOf(verdict)
  const title = indicatorTitle(indicator)
  if (kind === 'share') return `${title} of ${arm} beside ${over} ${limit}`
  const of = over === null ? arm : `${arm} over ${over}`
  return `${title} of ${of}${kind === 'baseline' ? ', beside earlier runs,' : ''} ${limit}`
}
