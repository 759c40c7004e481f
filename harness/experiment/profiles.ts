/** How much is measured: trials an arm, and how long each is warmed up and measured. */
export interface Profile {
  trials: number
  durationMs: number
  warmUpMs: number
}

/** `standard` stays under 3 minutes for two arms, `smoke` under 30 seconds; `thorough` is for a quiet machine and a close call. */
export const profiles = {
  smoke: { trials: 7, durationMs: 800, warmUpMs: 300 },
  standard: { trials: 10, durationMs: 6000, warmUpMs: 1000 },
  thorough: { trials: 20, durationMs: 20_000, warmUpMs: 3000 },
} satisfies Record<string, Profile>

export type ProfileName = keyof typeof profiles
export const profileNames = Object.keys(profiles) as ProfileName[]
