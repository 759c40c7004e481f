import { basename } from 'node:path'
import { indicatorOf } from '../indicators.ts'
import type { Experiment, RunRecord, Verdict } from '../record.ts'
import { pageFolder, resultsFolder } from './places.ts'
import { armKey, outcomeKey, placeOf, verdictKey } from './samples.ts'

/** One rule of Allure's quality gate. A metric that is missing breaks its rule: it is never a pass. */
interface Rule {
  id: string
  maxFailures?: number
  metricMax?: { key: string; value: number }
  metricMin?: { key: string; value: number }
  metricMaxDelta?: { key: string; value: number }
  metricMaxDeltaPercent?: { key: string; value: number }
}

/** Allure 3's configuration. Its paths are from the folder of the run: that is where to call `allure`. */
export function allureConfig(record: RunRecord, dir: string) {
  const { run, environment } = record
  return {
    name: reportName(record),
    output: pageFolder,
    resultsDir: resultsFolder,
    historyPath: historyFile(record, dir),
    // Allure's gate would add the run, and then compare it with itself: the page does.
    appendHistory: false,
    // One file, which opens without a server; the page of the run has no script, so that it works as an attachment.
    plugins: { awesome: { options: { singleFile: true } } },
    globalAttachments: ['report.html'],
    variables: {
      Outcome: run.outcome,
      Cluster: run.cluster.provider,
      Profile: run.profile,
      Machine: `${environment.cores} cores of ${environment.cpuModel}`,
      ...(run.source ? { Commit: `${run.source.commit}${run.source.dirty ? ', files changed since' : ''}` } : {}),
      Command: run.command,
    },
    categories: [
      { name: 'Broken limits', matchers: { statuses: ['failed'] } },
      { name: 'Invalid', matchers: { statuses: ['broken'] } },
      { name: 'Inconclusive', matchers: { statuses: ['unknown'] } },
    ],
    qualityGate: { rules: rulesOf(record) },
  }
}

/** What Allure's history calls the run; it tells a run that is there already. */
export const reportName = ({ run }: RunRecord) => `meshmark ${run.id}`

/** History goes on over runs: beside their folders where each has one that is called by its id, else in the one folder that is used again. */
export const historyFile = ({ run }: RunRecord, dir: string) =>
  `${basename(dir) === run.id ? '../' : ''}allure-history.jsonl`

function rulesOf(record: RunRecord): Rule[] {
  const limits = record.experiments.flatMap((experiment) =>
    experiment.verdicts.flatMap((verdict) => limitRules(verdict, experiment, placeOf(record, experiment))),
  )
  const open = (['inconclusive', 'invalid'] as const).map((outcome) => ({
    id: `no ${outcome} verdict`,
    metricMax: { key: outcomeKey(outcome), value: 0 },
  }))
  return [{ id: 'no broken limit', maxFailures: 0 }, ...open, ...limits]
}

/**
 * The estimate within its limit. Of a baseline of an arm's own values also what is new since the last run, which is all that Allure's
 * history can tell.
 */
function limitRules(verdict: Verdict, experiment: Experiment, place: number): Rule[] {
  const { kind, arm, over, indicator, limit, unit } = verdict
  const key = verdictKey(verdict, experiment, place)
  const beside = over === null ? '' : ` over ${over}`
  const id = `${experiment.suite}: ${kind} ${indicator} of ${arm}${beside}`
  const rules: Rule[] = []
  if (limit.max !== undefined) rules.push({ id, metricMax: { key, value: limit.max } })
  if (limit.min !== undefined) rules.push({ id, metricMin: { key, value: limit.min } })
  const bound = indicatorOf(indicator)?.better === 'higher' ? limit.min : limit.max
  if (kind !== 'baseline' || over !== null || bound === undefined) return rules
  const own = armKey(arm, indicator, experiment, place)
  return [
    ...rules,
    unit === '×'
      ? { id, metricMaxDeltaPercent: { key: own, value: Number((100 * Math.abs(bound - 1)).toPrecision(12)) } }
      : { id, metricMaxDelta: { key: own, value: Math.abs(bound) } },
  ]
}
