import { failuresIn } from '../failures.ts'
import type { ReportFormat } from '../format.ts'
import { indicators } from '../indicators.ts'
import type { Distribution } from '../load-result.ts'
import { reasonTexts } from '../reasons.ts'
import type { Experiment, RunRecord } from '../record.ts'
import { isOfUnits } from '../units.ts'
import { kernelSheet } from './kernel-sheet.ts'
import { type Cell, sheet, type TrialPlace } from './sheet.ts'
import { textFormat } from './text.ts'
import { unitSheet } from './unit-sheet.ts'

const distributions = ['latency', 'serviceTime', 'connectionWait', 'sendLag'] as const
const percentiles = ['meanUs', 'p50Us', 'p90Us', 'p99Us', 'p999Us', 'maxUs'] as const satisfies (keyof Distribution)[]

const kinds = (errors: Record<string, number>) =>
  Object.entries(errors)
    .map(([kind, n]) => `${kind}: ${n}`)
    .join('; ')

/** Stands for a column that is read from the table of indicators. No cell can be one by mistake. */
const indicator = Symbol('indicator')

// Tidy: one row a trial, one column a variable, the unit in its name. A column's place does not depend on the data.
const placed: Record<string, ((source: TrialPlace) => Cell) | typeof indicator> = {
  runId: ({ record: { run } }) => run.id,
  suite: ({ experiment }) => experiment.suite,
  test: ({ experiment }) => experiment.test,
  workload: ({ experiment }) => experiment.workload,
  arm: ({ arm }) => arm.name,
  mesh: ({ arm }) => arm.mesh,
  mode: ({ arm }) => arm.mode,
  control: ({ arm }) => arm.control,
  trial: ({ trial }) => trial.index,
  block: ({ trial }) => trial.block,
  startedAt: ({ trial }) => trial.startedAt,
  valid: ({ trial }) => trial.validity.valid,
  reasons: ({ trial }) => reasonTexts(trial.validity.reasons),
  durationMs: ({ trial: { load } }) => load.durationMs,
  targetRatePerSecond: ({ trial: { load } }) => load.targetRate,
  achievedRatePerSecond: ({ trial: { load } }) => load.achievedRate,
  requests: ({ trial: { load } }) => load.requests,
  warmUpRequests: ({ trial: { load } }) => load.warmUpRequests,
  errors: ({ trial: { load } }) => failuresIn(load.errors),
  errorKinds: ({ trial: { load } }) => kinds(load.errors),
  ...Object.fromEntries(
    distributions.flatMap((distribution) =>
      percentiles.map((field) => [
        `${distribution}${field[0]?.toUpperCase()}${field.slice(1)}`,
        ({ trial }: TrialPlace) => trial.load[distribution][field],
      ]),
    ),
  ),
  appCpuUsPerRequest: indicator,
  proxyCpuUsPerRequest: indicator,
  appMemoryBytes: indicator,
  proxyMemoryBytes: indicator,
  idleCpuMs: ({ trial: { idleCpuMs } }) => idleCpuMs ?? null,
  sustainedRatePerSecond: indicator,
  controlPlaneCpuUsPerRequest: indicator,
  controlPlaneMemoryBytes: indicator,
  generatorCpuUsPerRequest: ({ trial: { load } }) => load.cpuUsPerRequest,
  generatorBusyShare: ({ trial: { load } }) => load.busyShare,
  bytesReceived: ({ trial: { load } }) => load.bytesReceived,
  targetBitsPerSecond: ({ trial: { load } }) => load.stream?.targetBitsPerSecond ?? null,
  bitsPerSecond: indicator,
  segmentBytes: ({ trial: { load } }) => load.stream?.segmentBytes ?? null,
  datagramsSent: ({ trial: { load } }) => load.stream?.datagrams?.sent ?? null,
  datagramsReceived: ({ trial: { load } }) => load.stream?.datagrams?.received ?? null,
  datagramsLost: ({ trial: { load } }) => load.stream?.datagrams?.lost ?? null,
  datagramsReordered: ({ trial: { load } }) => load.stream?.datagrams?.reordered ?? null,
  datagramsDuplicate: ({ trial: { load } }) => load.stream?.datagrams?.duplicate ?? null,
  jitterUs: indicator,
  oneWayDelayP50Us: indicator,
  oneWayDelayP99Us: indicator,
  change: ({ trial: { churn } }) => churn?.change ?? null,
  changes: ({ trial: { churn } }) => churn?.changes.length ?? null,
  longestAcceptMs: ({ trial: { churn } }) =>
    churn ? Math.max(...churn.changes.map(({ acceptMs }) => acceptMs)) : null,
  pushMs: indicator,
  settledMs: indicator,
  keptPushMs: ({ trial: { churn } }) => churn?.keptPushMs ?? null,
  longestGapMs: indicator,
  longestPauseMs: ({ trial: { churn } }) => churn?.longestPauseMs ?? null,
  newConnections: ({ trial: { churn } }) => churn?.requests ?? null,
  newConnectionErrors: ({ trial: { churn } }) => (churn ? failuresIn(churn.errors) : null),
  newConnectionErrorKinds: ({ trial: { churn } }) => (churn ? kinds(churn.errors) : null),
  evidence: ({ trial: { evidence } }) => evidence?.summary ?? null,
  design: ({ experiment }) => experiment.design ?? 'trials',
  units: ({ trial: { load } }) => load.units?.length ?? null,
}

/** The columns above, then every indicator that is not among them. */
function allColumns(): [name: string, (source: TrialPlace) => Cell][] {
  const named = new Map(indicators.map((one) => [one.column ?? one.name, one]))
  const read = (name: string) => (source: TrialPlace) => named.get(name)?.of(source.trial) ?? null
  return [
    ...Object.entries(placed).map(([name, of]): [string, (source: TrialPlace) => Cell] => [
      name,
      of === indicator ? read(name) : of,
    ]),
    ...[...named.keys()]
      .filter((name) => !(name in placed))
      .map((name): [string, (source: TrialPlace) => Cell] => [name, read(name)]),
  ]
}

const sources = (record: RunRecord): TrialPlace[] =>
  record.experiments.flatMap((experiment) =>
    experiment.arms
      .flatMap((arm) => arm.trials.map((trial) => ({ record, experiment, arm, trial })))
      .toSorted((a, b) => a.trial.index - b.trial.index),
  )

const results = textFormat('results.csv', (record) => sheet(Object.fromEntries(allColumns()), sources(record)))

/** A row a trial; beside it, where units were measured, a row a unit, and where kernel probes read something, a row a bucket. */
export const csv: ReportFormat = {
  file: results.file,
  async write(record, dir) {
    if (record.experiments.some(isOfUnits)) await unitSheet.write(record, dir)
    if (record.experiments.some(isOfProbes)) await kernelSheet.write(record, dir)
    return results.write(record, dir)
  },
}

const isOfProbes = ({ arms }: Experiment) =>
  arms.some(({ trials }) => trials.some(({ kernel }) => kernel?.readings.some(({ series }) => series !== null)))
