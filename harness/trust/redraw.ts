import { abbaOrder } from '../experiment/order.ts'
import { seededRandom } from '../random.ts'
import { merged, type Sample, sampleOf } from '../verdict/samples.ts'
import { type Answer, sequentialAnswer } from './answers.ts'
import { oneRunAnswer, trialsAnswer } from './before.ts'
import { type Percentiles, percentilesOfSample, unitsOf } from './differences.ts'
import { type Base, type Plant, type PlantedIndicator, plantNames, plants } from './plants.ts'
import { budgetOf, longest, type Neighbour, type Question, type Rule, type Run } from './runs.ts'
import { armOf, type MeasuredSession } from './sessions.ts'
import { splitSample } from './split.ts'

/** Of trials as they were: ten an arm, of 5 s after one of warm-up. */
const trial = { each: 10, units: 5, seconds: 6 }
const oneRunUnits = 30
const quad = 4

/** The recorded seconds of two equal arms at the same time. */
interface Recording {
  arms: [Sample[], Sample[]]
  pooled: Sample[]
}

/**
 * `runs` runs of each rule over the recorded requests of equal arms. Paired: the requests of each second are split anew at random. The
 * others: whole seconds of one arm get labels as the rule has them. A slow-down changes the percentiles of the second arm.
 */
export function redrawnRuns(sessions: readonly MeasuredSession[], base: Base, runs: number, seed: number): Run[] {
  const paired = sessions.filter(({ design }) => design === 'paired')
  const random = seededRandom(seed)
  return [...Map.groupBy(paired, ({ neighbour }) => neighbour)].flatMap(([neighbour, all]) => {
    const recordings = all.flatMap((session) => recordingOf(session) ?? [])
    if (recordings.length === 0) return []
    return Array.from({ length: runs }, () => {
      const recording = recordings[Math.floor(random() * recordings.length)] as Recording
      return oneOfEach(fromSomewhere(recording, random), neighbour, base, random)
    }).flat()
  })
}

function recordingOf(session: MeasuredSession): Recording | null {
  const arms = (['control', 'same'] as const).map((name) => armOf(session, name))
  const [a = [], b = []] = arms.map((arm) => (arm ? unitsOf(arm) : []).map((unit) => sampleOf(unit, 'latency')))
  const both = a.map((sample, i): [Sample, Sample] => [sample, b[i] as Sample])
  const whole = both.filter(([one, other]) => one.total > 0 && other?.total > 0)
  if (whole.length < longest.redrawn) return null
  return { arms: [whole.map(([one]) => one), whole.map(([, other]) => other)], pooled: whole.map(merged) }
}

/** As many seconds as a run takes, from a random one on; after the last comes the first. */
function fromSomewhere({ arms, pooled }: Recording, random: () => number): Recording {
  const from = Math.floor(random() * pooled.length)
  const turned = (samples: readonly Sample[]) =>
    [...samples.slice(from), ...samples.slice(0, from)].slice(0, longest.redrawn)
  return { arms: [turned(arms[0]), turned(arms[1])], pooled: turned(pooled) }
}

function oneOfEach(recording: Recording, neighbour: Neighbour, base: Base, random: () => number): Run[] {
  const seed = Math.floor(random() * 2 ** 32)
  // Without labels of its own, a stretch of time has the requests of one of the arms.
  const alone = recording.arms[random() < 0.5 ? 0 : 1]
  const together = (samples: readonly Sample[]) => percentilesOfSample(merged(samples)) as Percentiles
  const pairs = recording.pooled.map((sample) => splitSample(sample, random).map((half) => together([half])))
  const quads = chunks(alone, quad).map(([a, b, c, d]) => {
    const [outer, inner] = [together([a, d] as Sample[]), together([b, c] as Sample[])]
    return random() < 0.5 ? [outer, inner] : [inner, outer]
  })
  const slots = abbaOrder([0, 1], trial.each, seed)
  const trials = chunks(alone, trial.units).map((samples, i) => ({ arm: slots[i]?.arm, ...together(samples) }))
  const [first, second] = chunks(alone, oneRunUnits).map(together) as [Percentiles, Percentiles]

  const runs: Run[] = []
  const add = (rule: Rule, question: Question, answer: Run['answer'], seconds: number) =>
    runs.push({ rule, from: 'redrawn', neighbour, question, answer, seconds })
  const asking = (question: Question, limits: Partial<Percentiles>, slowed: Plant['slowed']) => {
    const names = Object.keys(limits) as PlantedIndicator[]
    const maxOf = (name: PlantedIndicator) => limits[name] as number
    for (const [rule, units, seconds] of [
      ['paired', pairs, 1],
      ['slices', quads, quad],
    ] as const) {
      const asked = names.map((name) => ({
        differences: units.map(([over, arm]) => slowed(arm?.[name] ?? 0, base) - (over?.[name] ?? 0)),
        max: maxOf(name),
      }))
      const { answer, units: count } = sequentialAnswer(asked)
      add(rule, question, answer, count * seconds)
    }
    const answers = names.map((name) => {
      const [over = [], arm = []] = [0, 1].map((one) => trials.filter((t) => t.arm === one).map((t) => t[name]))
      return trialsAnswer(
        arm.map((ms) => slowed(ms, base)),
        over,
        maxOf(name),
        seed,
      )
    })
    add('trials', question, worst(answers), 2 * trial.each * trial.seconds)
    const oneRun = names.map((name) => oneRunAnswer(slowed(second[name], base), first[name]))
    add('one run', question, worst(oneRun), 2 * oneRunUnits)
  }
  asking('same', { p50Ms: 0, p99Ms: 0 }, (ms) => ms)
  asking('budget', budgetOf(base.p50Us), (ms) => ms)
  for (const name of plantNames) {
    const plant: Plant = plants[name]
    asking(name, { [plant.indicator]: 0 }, plant.slowed)
  }
  return runs
}

const worst = (answers: readonly Answer[]): Answer =>
  answers.includes('fail') ? 'fail' : answers.every((answer) => answer === 'pass') ? 'pass' : 'inconclusive'

/** Parts of equal length; what is left at the end is in none. */
function chunks<T>(values: readonly T[], length: number): T[][] {
  const parts = Math.floor(values.length / length)
  return Array.from({ length: parts }, (_, i) => values.slice(i * length, (i + 1) * length))
}
