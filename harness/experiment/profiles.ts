/** How much is measured: trials an arm, and how long each is warmed up and measured. */
export interface Profile {
  trials: number
  durationMs: number
  warmUpMs: number
  /** Of an endpoint, in each trial that changes one back and forth. */
  changes: number
  /** Invalid trials are made up for by at most so many blocks, as long as there is hope that they are the exception. */
  furtherBlocks: number
}

/** `standard` stays under 3 minutes for two arms, `smoke` under 30 seconds; `thorough` is for a quiet machine and a close call. */
export const profiles = {
  smoke: { trials: 7, durationMs: 800, warmUpMs: 300, changes: 2, furtherBlocks: 0 },
  standard: { trials: 10, durationMs: 5000, warmUpMs: 1000, changes: 4, furtherBlocks: 1 },
  thorough: { trials: 20, durationMs: 20_000, warmUpMs: 3000, changes: 8, furtherBlocks: 2 },
} satisfies Record<string, Profile>

export type ProfileName = keyof typeof profiles
export const profileNames = Object.keys(profiles) as ProfileName[]
