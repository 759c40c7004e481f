import { adviceOf } from '../advice.ts'
import { gravest, type Judgement, ofExperiment, ofRun, type Status } from '../judgements.ts'
import type { Experiment, RunRecord } from '../record.ts'
import { escaped } from './escape.ts'
import { reasonLine, verdictLines } from './verdict-table.ts'

/** One experiment's judgements, or the run's own, the gravest first. */
export interface Section {
  status: Status
  judgements: Judgement[]
  experiment: Experiment | null
}

/** The gravest first; those alike in the run's own order. */
export function sectionsOf(record: RunRecord): Section[] {
  const own = ofRun(record)
  const all = [
    ...record.experiments.map((experiment) => section(ofExperiment(experiment), experiment)),
    ...(own.length === 0 ? [] : [section(own, null)]),
  ]
  return all.toSorted((a, b) => gravity(a.status) - gravity(b.status))
}

const gravity = (status: Status) => gravest.indexOf(status)

function section(unsorted: readonly Judgement[], experiment: Experiment | null): Section {
  const judgements = unsorted.toSorted((a, b) => gravity(a.status) - gravity(b.status))
  return { status: judgements[0]?.status ?? 'pass', judgements, experiment }
}

/** Markdown of a section, and how many of its judgements had no room. `room` is in characters. */
export function sectionText({ judgements, experiment }: Section, room: number): { text: string; leftOut: number } {
  const [first] = judgements
  const title = experiment ? `${experiment.suite} › ${experiment.test}` : (first?.name ?? '')
  const advice = experiment && adviceOf(experiment)
  // What is no verdict has no figures: its reason alone is enough.
  const table = verdictLines(judgements.filter(({ verdict }) => verdict))
  const head = [`#### ${escaped(title, 200)}`, ...(table.rows.length > 0 ? ['', ...table.head] : [])]
  const tail = advice ? ['', `**To do:** ${escaped(advice)}`] : []
  const rows: string[] = []
  const reasons: string[] = []
  const lines = () => [...head, ...rows, ...(reasons.length > 0 ? ['', ...reasons] : []), ...tail]
  let used = lines().join('\n').length
  for (const [at, judgement] of judgements.entries()) {
    const row = judgement.verdict ? table.rows.slice(rows.length, rows.length + 1) : []
    const reason = judgement.status === 'pass' && judgement.verdict ? [] : [reasonLine(judgement)]
    used += [...row, ...reason].reduce((sum, line) => sum + line.length + 2, 0)
    // The first that has no room ends it: what is shown is the gravest.
    if (used > room) return { text: at === 0 ? '' : lines().join('\n'), leftOut: judgements.length - at }
    rows.push(...row)
    reasons.push(...reason)
  }
  return { text: lines().join('\n'), leftOut: 0 }
}
