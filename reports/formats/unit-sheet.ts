import { failuresIn } from '../failures.ts'
import { indicators } from '../indicators.ts'
import type { Unit } from '../load-result.ts'
import type { MachineUnit, RunRecord } from '../record.ts'
import { unitsPercentileUs } from '../units.ts'
import { type Cell, sheet, type TrialPlace, trialColumns } from './sheet.ts'
import { textFormat } from './text.ts'

/** What a row is made from. */
interface Source extends TrialPlace {
  unit: Unit
  machine: MachineUnit | undefined
  /** What the kernel saw of the arm in the unit, by indicator. */
  kernel: Record<string, number>
}

const latencyUs =
  (percent: number) =>
  ({ unit }: Source) =>
    unitsPercentileUs([unit], { distribution: 'latency', percent })

// Tidy, as the sheet of trials. A unit of one number lies at the same time in all arms.
const columns: Record<string, (source: Source) => Cell> = {
  ...trialColumns,
  unit: ({ unit }) => unit.index,
  durationMs: ({ experiment }) => experiment.unitMs ?? null,
  requests: ({ unit }) => unit.requests,
  errors: ({ unit }) => failuresIn(unit.errors),
  latencyP50Us: latencyUs(50),
  latencyP90Us: latencyUs(90),
  latencyP99Us: latencyUs(99),
  sendLagP50Us: ({ unit }) => unit.sendLagP50Us,
  sendLagP99Us: ({ unit }) => unit.sendLagP99Us,
  machineStealShare: ({ machine }) => machine?.stealShare ?? null,
  machineForeignCpuShare: ({ machine }) => machine?.foreignCpuShare ?? null,
  machinePressureShare: ({ machine }) => machine?.pressureShare ?? null,
  machineLatenessUs: ({ machine }) => machine?.latenessUs ?? null,
  ...Object.fromEntries(
    indicators
      .filter(({ ofKernel }) => ofKernel)
      .map(({ name }) => [name, ({ kernel }: Source) => kernel[name] ?? null]),
  ),
}

function sources(record: RunRecord): Source[] {
  return record.experiments.flatMap((experiment) => {
    const machine = new Map(experiment.machine?.map((unit) => [unit.index, unit]))
    return experiment.arms
      .flatMap((arm) =>
        arm.trials.flatMap((trial) =>
          (trial.load.units ?? []).map((unit) => ({
            record,
            experiment,
            arm,
            trial,
            unit,
            machine: machine.get(unit.index),
            kernel: trial.kernel?.units?.find(({ index }) => index === unit.index)?.values ?? {},
          })),
        ),
      )
      .toSorted((a, b) => a.unit.index - b.unit.index)
  })
}

/** A row a unit of an arm. */
export const unitSheet = textFormat('units.csv', (record) => sheet(columns, sources(record)))
