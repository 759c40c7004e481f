import { stringify } from 'csv-stringify/sync'
import type { Distribution } from '../load-result.ts'
import type { Arm, Experiment, RunRecord, Trial } from '../record.ts'
import { roleTotal } from '../summary.ts'
import { textFormat } from './text.ts'

type Cell = string | number | boolean | null
type Row = Record<string, Cell>

const distributions = ['latency', 'serviceTime', 'connectionWait', 'sendLag'] as const
const percentiles = ['meanUs', 'p50Us', 'p90Us', 'p99Us', 'p999Us', 'maxUs'] as const satisfies (keyof Distribution)[]

const total = (errors: Record<string, number>) => Object.values(errors).reduce((sum, n) => sum + n, 0)
const kinds = (errors: Record<string, number>) =>
  Object.entries(errors)
    .map(([kind, n]) => `${kind}: ${n}`)
    .join('; ')

// Tidy: one row a trial, one column a variable, the unit in its name. A column's place does not depend on the data.
const columns: Record<string, (run: RunRecord, experiment: Experiment, arm: Arm, trial: Trial) => Cell> = {
  runId: ({ run }) => run.id,
  suite: (_, experiment) => experiment.suite,
  test: (_, experiment) => experiment.test,
  workload: (_, experiment) => experiment.workload,
  arm: (_, __, arm) => arm.name,
  mesh: (_, __, arm) => arm.mesh,
  mode: (_, __, arm) => arm.mode,
  control: (_, __, arm) => arm.control,
  trial: (_, __, ___, trial) => trial.index,
  block: (_, __, ___, trial) => trial.block,
  startedAt: (_, __, ___, trial) => trial.startedAt,
  valid: (_, __, ___, trial) => trial.validity.valid,
  reasons: (_, __, ___, trial) => trial.validity.reasons.join('; '),
  durationMs: (_, __, ___, { load }) => load.durationMs,
  targetRatePerSecond: (_, __, ___, { load }) => load.targetRate,
  achievedRatePerSecond: (_, __, ___, { load }) => load.achievedRate,
  requests: (_, __, ___, { load }) => load.requests,
  warmUpRequests: (_, __, ___, { load }) => load.warmUpRequests,
  errors: (_, __, ___, { load }) => total(load.errors),
  errorKinds: (_, __, ___, { load }) => kinds(load.errors),
  ...Object.fromEntries(
    distributions.flatMap((distribution) =>
      percentiles.map((field) => [
        `${distribution}${field[0]?.toUpperCase()}${field.slice(1)}`,
        (_: RunRecord, __: Experiment, ___: Arm, { load }: Trial) => load[distribution][field],
      ]),
    ),
  ),
  appCpuUsPerRequest: (_, __, ___, trial) => roleTotal(trial, 'app', 'cpuUsPerRequest'),
  proxyCpuUsPerRequest: (_, __, ___, trial) => roleTotal(trial, 'proxy', 'cpuUsPerRequest'),
  appMemoryBytes: (_, __, ___, trial) => roleTotal(trial, 'app', 'memoryBytes'),
  proxyMemoryBytes: (_, __, ___, trial) => roleTotal(trial, 'proxy', 'memoryBytes'),
  idleCpuMs: (_, __, ___, { idleCpuMs }) => idleCpuMs ?? null,
  sustainedRatePerSecond: (_, __, ___, { search }) => search?.sustainedRate ?? null,
  controlPlaneCpuUsPerRequest: (_, __, ___, trial) => roleTotal(trial, 'control-plane', 'cpuUsPerRequest'),
  controlPlaneMemoryBytes: (_, __, ___, trial) => roleTotal(trial, 'control-plane', 'memoryBytes'),
  generatorCpuUsPerRequest: (_, __, ___, { load }) => load.cpuUsPerRequest,
  generatorBusyShare: (_, __, ___, { load }) => load.busyShare,
  bytesReceived: (_, __, ___, { load }) => load.bytesReceived,
  targetBitsPerSecond: (_, __, ___, { load }) => load.stream?.targetBitsPerSecond ?? null,
  bitsPerSecond: (_, __, ___, { load }) => load.stream?.bitsPerSecond ?? null,
  segmentBytes: (_, __, ___, { load }) => load.stream?.segmentBytes ?? null,
  datagramsSent: (_, __, ___, { load }) => load.stream?.datagrams?.sent ?? null,
  datagramsReceived: (_, __, ___, { load }) => load.stream?.datagrams?.received ?? null,
  datagramsLost: (_, __, ___, { load }) => load.stream?.datagrams?.lost ?? null,
  datagramsReordered: (_, __, ___, { load }) => load.stream?.datagrams?.reordered ?? null,
  datagramsDuplicate: (_, __, ___, { load }) => load.stream?.datagrams?.duplicate ?? null,
  jitterUs: (_, __, ___, { load }) => load.stream?.jitterUs ?? null,
  oneWayDelayP50Us: (_, __, ___, { load }) => load.stream?.oneWayDelay?.p50Us ?? null,
  oneWayDelayP99Us: (_, __, ___, { load }) => load.stream?.oneWayDelay?.p99Us ?? null,
  change: (_, __, ___, { churn }) => churn?.change ?? null,
  changes: (_, __, ___, { churn }) => churn?.changes.length ?? null,
  longestAcceptMs: (_, __, ___, { churn }) =>
    churn ? Math.max(...churn.changes.map(({ acceptMs }) => acceptMs)) : null,
  pushMs: (_, __, ___, { churn }) => churn?.pushMs ?? null,
  settledMs: (_, __, ___, { churn }) => churn?.settledMs ?? null,
  keptPushMs: (_, __, ___, { churn }) => churn?.keptPushMs ?? null,
  longestGapMs: (_, __, ___, { churn }) => churn?.longestGapMs ?? null,
  longestPauseMs: (_, __, ___, { churn }) => churn?.longestPauseMs ?? null,
  newConnections: (_, __, ___, { churn }) => churn?.requests ?? null,
  newConnectionErrors: (_, __, ___, { churn }) => (churn ? total(churn.errors) : null),
  newConnectionErrorKinds: (_, __, ___, { churn }) => (churn ? kinds(churn.errors) : null),
  evidence: (_, __, ___, { evidence }) => evidence?.summary ?? null,
}

function rows(record: RunRecord): Row[] {
  return record.experiments.flatMap((experiment) =>
    experiment.arms
      .flatMap((arm) => arm.trials.map((trial) => ({ arm, trial })))
      .toSorted((a, b) => a.trial.index - b.trial.index)
      .map(({ arm, trial }) =>
        Object.fromEntries(Object.entries(columns).map(([name, of]) => [name, of(record, experiment, arm, trial)])),
      ),
  )
}

export const csv = textFormat('results.csv', (record) =>
  stringify(rows(record), {
    header: true,
    columns: Object.keys(columns),
    // Texts of servers and meshes end up in cells: a spreadsheet must not run them.
    escape_formulas: true,
    cast: { boolean: String },
  }),
)
