/** How much is measured. */
export interface Profile {
  /** Of an experiment of trials: how many an arm, and how long each is warmed up and measured. */
  trials: number
  durationMs: number
  warmUpMs: number
  /** Of an endpoint, in each trial that changes one back and forth. */
  changes: number
  /** Of an experiment of units: the longest time measured, all arms together; a unit's length; how often every arm is deployed. */
  units: { maxDurationMs: number; unitMs: number; warmUpMs: number; deployments: number }
}

/**
 * An experiment of units ends as soon as every stated limit is clear, so that its times are the longest there are. `smoke` stays under
 * 30 seconds, `standard` under 150; `thorough` is for a close call, where two deployments of the same may differ by more than what is asked.
 */
export const profiles = {
  smoke: {
    ...{ trials: 7, durationMs: 800, warmUpMs: 300, changes: 2 },
    units: { maxDurationMs: 16_000, unitMs: 500, warmUpMs: 1500, deployments: 1 },
  },
  standard: {
    ...{ trials: 10, durationMs: 5000, warmUpMs: 1000, changes: 4 },
    units: { maxDurationMs: 100_000, unitMs: 1000, warmUpMs: 1500, deployments: 2 },
  },
  thorough: {
    ...{ trials: 20, durationMs: 20_000, warmUpMs: 3000, changes: 8 },
    units: { maxDurationMs: 600_000, unitMs: 1000, warmUpMs: 3000, deployments: 8 },
  },
} satisfies Record<string, Profile>

export type ProfileName = keyof typeof profiles
export const profileNames = Object.keys(profiles) as ProfileName[]
