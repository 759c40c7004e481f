import type { Arm } from '../../reports/record.ts'

/** An arm as if it had been measured in these units alone. */
export const within = (arm: Arm, first: number, last: number): Arm => ({
  ...arm,
  trials: arm.trials.map((trial) => ({
    ...trial,
    load: { ...trial.load, units: trial.load.units?.filter(({ index }) => index >= first && index <= last) ?? [] },
  })),
})
