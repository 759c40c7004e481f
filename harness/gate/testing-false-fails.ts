import { seededRandom } from '../random.ts'
import { clopperPearson } from '../verdict/statistics/binomial.ts'
import { decide } from './decide.ts'

// Gates over made-up runs, to count how often they are wrong: node harness/gate/testing-false-fails.ts 20000

/** How runs of the same differ: logarithms of their figures, of each limit and of what all limits share. */
const noises = {
  /** Ratios within runs: two deployments of the same differ by 1 to 2 %. */
  ratios: (random: () => number) => 0.012 * normal(random),
  /** A coefficient of variation of 2.7 %, as CI runners have. */
  normal: (random: () => number) => 0.027 * normal(random),
  /** One run in ten is slow by 10 to 30 %: a neighbour. */
  slowRuns: (random: () => number) => 0.01 * normal(random) + (random() < 0.1 ? 0.1 + 0.2 * random() : 0),
  /** Student's t with 3 degrees of freedom. */
  heavy: (random: () => number) =>
    (0.015 * normal(random)) / Math.sqrt((normal(random) ** 2 + normal(random) ** 2 + normal(random) ** 2) / 3),
} satisfies Record<string, (random: () => number) => number>
export type Noise = keyof typeof noises

export interface Simulated {
  gates: number
  seed: number
  noise: Noise
  /** Runs of the control, of the candidate at first, and at most so many more. */
  control: number
  candidate: number
  again: number
  limits: number
  /** How much worse the figures may be, and how much worse the candidate's are: 0.05 is 5 %. */
  allowed: number
  planted?: number
  /** Standard deviation of the step from one run to the next, of a machine that drifts. */
  drift?: number
}

/** In how many gates the candidate fails, and in how many it passes. */
export function simulated({ gates, seed, ...about }: Simulated): { fails: number; passes: number } {
  const random = seededRandom(seed)
  const counts = { fails: 0, passes: 0 }
  for (let i = 0; i < gates; i++) {
    const outcome = gate(random, about)
    if (outcome === 'fail') counts.fails++
    if (outcome === 'pass') counts.passes++
  }
  return counts
}

function gate(
  random: () => number,
  { noise, control, candidate, again, limits, allowed, planted = 0, drift = 0 }: Omit<Simulated, 'gates' | 'seed'>,
) {
  let level = 0
  const draw = noises[noise]
  const run = (worse: number) => {
    level += drift * normal(random)
    const shared = draw(random)
    return Array.from({ length: limits }, () => Math.exp(level + 0.7 * shared + 0.7 * draw(random)) * (1 + worse))
  }
  const before = Array.from({ length: control }, () => run(0))
  const now = Array.from({ length: candidate }, () => run(planted))
  const judge = () => {
    const outcomes = Array.from({ length: limits }, (_, i) => {
      const of = (runs: readonly number[][]) => runs.map((values) => values[i] as number)
      return decide({ control: of(before), candidate: of(now), relative: true, limit: { max: 1 + allowed }, limits })
        .outcome
    })
    return (['fail', 'inconclusive'] as const).find((one) => outcomes.includes(one)) ?? 'pass'
  }
  let outcome = judge()
  for (let i = 0; i < again && outcome === 'fail'; i++) {
    now.push(run(planted))
    outcome = judge()
  }
  return outcome
}

/** Box and Muller 1958. */
function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}

if (import.meta.main) {
  const gates = Number(process.argv[2] ?? 1000)
  const usual = { gates, seed: 7, control: 20, candidate: 3, limits: 3, allowed: 0 }
  const rows: [string, Omit<Simulated, 'noise'>][] = [
    ['A/A, limit 0 %, not again', { ...usual, again: 0 }],
    ['A/A, limit 0 %', { ...usual, again: 2 }],
    ['A/A, limit +5 %', { ...usual, again: 2, allowed: 0.05 }],
    ['A/A, limit 0 %, 1 limit, 2 against 14', { ...usual, again: 0, control: 14, candidate: 2, limits: 1 }],
    ['A/A, limit +5 %, a drift of 1 % a run', { ...usual, again: 2, allowed: 0.05, drift: 0.01 }],
    ['10 % worse, limit +5 %', { ...usual, again: 2, allowed: 0.05, planted: 0.1 }],
    ['20 % worse, limit +5 %', { ...usual, again: 2, allowed: 0.05, planted: 0.2 }],
  ]
  for (const [name, about] of rows)
    for (const noise of Object.keys(noises) as Noise[]) {
      const { fails, passes } = simulated({ ...about, noise })
      const { low, high } = clopperPearson({ failed: fails, all: gates })
      const share = (value: number) => (100 * value).toPrecision(2)
      process.stdout.write(
        `${name.padEnd(40)} ${noise.padEnd(9)} fail ${fails}/${gates} [${share(low)}, ${share(high)}] %, pass ${passes}\n`,
      )
    }
}
