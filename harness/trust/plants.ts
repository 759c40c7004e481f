/** What the echo took without any slow-down, on a quiet machine. */
export interface Base {
  p50Us: number
  p99Us: number
}

/** A slow-down of the echo that a verdict is to find. */
export interface Plant {
  title: string
  /** The percentile that it moves. */
  indicator: PlantedIndicator
  /** Settings of the http-echo that plant it. */
  env(base: Base): Record<string, string>
  /** What becomes of a percentile of a second that is drawn anew, in ms. */
  slowed(ms: number, base: Base): number
}

export type PlantedIndicator = 'p50Ms' | 'p99Ms'

/** Of so many requests one is followed by a pause: twice as often as p99 needs. */
const pauseEvery = 50

function busy(share: number): Plant {
  return {
    title: `busy, ${share * 100} % of p50`,
    indicator: 'p50Ms',
    env: ({ p50Us }) => ({ BUSY_US: (share * p50Us).toFixed(1) }),
    slowed: (ms, { p50Us }) => ms + (share * p50Us) / 1000,
  }
}

/** The paused ones are the slowest two of a hundred: p99 is the middle of them, p50 and the pause. */
function paused(title: string, slowed: (ms: number) => number): Plant {
  return {
    title,
    indicator: 'p99Ms',
    env: ({ p50Us, p99Us }) => ({
      SLEEP_MS: (slowed(p99Us / 1000) - p50Us / 1000).toFixed(3),
      SLEEP_EVERY: String(pauseEvery),
    }),
    slowed,
  }
}

export const plants = {
  busy2: busy(0.02),
  busy5: busy(0.05),
  busy10: busy(0.1),
  busy25: busy(0.25),
  pause1ms: paused('p99 + 1 ms', (ms) => ms + 1),
  pause25: paused('p99 × 1.25', (ms) => ms * 1.25),
} satisfies Record<string, Plant>

export type PlantName = keyof typeof plants
export const plantNames = Object.keys(plants) as PlantName[]
