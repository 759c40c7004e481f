import { worstOutcome } from '../../reports/worst-outcome.ts'
import { decide } from '../gate/decide.ts'
import { seededRandom } from '../random.ts'
import { isBorderline, judgeStated, withoutDisagreement } from '../verdict/judge-stated.ts'
import { merged, type Sample, sampleOf } from '../verdict/samples.ts'
import { percentilesOfSample, unitsOf } from './differences.ts'
import { type Base, type Plant, type PlantName, plantNames, plants } from './plants.ts'
import { slowerTogether } from './pooled-requests.ts'
import { gateShares, longest, type Neighbour, type Question, type Run } from './runs.ts'
import { armOf, type MeasuredSession } from './sessions.ts'
import { within } from './within.ts'

/** Slow-downs that a gate on p50 is to find. */
const plantsAtP50 = plantNames.filter((name) => plants[name].indicator === 'p50Ms')
const stated = [{ kind: 'share', indicator: 'p50Ms', limit: { max: gateShares.gate } }] as const

/** Gates of two sides that were loaded at once, one after another through a session, each judged as `meshmark compare --ref` does. */
export function liveGates(session: MeasuredSession): Run[] {
  const { plant, experiment, neighbour } = session
  const control = armOf(session, 'control')
  if (session.design !== 'paired' || !control) return []
  const sides: [Question, typeof control | null][] = [['same', armOf(session, 'same')]]
  if (plant && (plantsAtP50 as PlantName[]).includes(plant)) sides.push([plant, armOf(session, 'planted')])
  const { unitMs = 1000 } = experiment
  return sides.flatMap(([question, arm]) => {
    if (!arm) return []
    const stretches = stretchesOf(unitsOf(control).map(({ index }) => index))
    // Every other one is there to be measured again.
    return stretches.flatMap((first, i): Run[] => {
      const second = stretches[i + 1]
      if (i % 2 === 1 || !second) return []
      const over = (units: readonly number[][]) => {
        const trials = [arm, control].map((one) => ({
          ...one,
          control: one === control,
          trials: units.flatMap((some) => within(one, some[0] as number, some.at(-1) as number).trials),
        }))
        return judgeStated(stated, trials, experiment)
      }
      const once = over([first])
      const again = once.some(isBorderline)
      const verdicts = (again ? over([first, second]) : once).map(withoutDisagreement)
      const answer = worstOutcome(verdicts.map(({ outcome }) => outcome))
      const seconds = ((first.length + (again ? second.length : 0)) * unitMs) / 1000
      return [{ rule: 'gate', from: 'live', neighbour, question, answer, seconds }]
    })
  })
}

function stretchesOf(units: readonly number[]): number[][] {
  const count = Math.floor(units.length / longest.live.same)
  return Array.from({ length: count }, (_, i) => units.slice(i * longest.live.same, (i + 1) * longest.live.same))
}

/** What `meshmark gate` sets beside each other: so many runs, each of so many seconds. */
const sides = { control: 12, candidate: 3, units: 30 } as const

/** One arm in one stretch of a session, as if it had been a run. */
interface RunAlone {
  session: number
  sample: Sample
  p50Ms: number
}

/**
 * `count` gates of records over the recorded arms: the candidate's runs follow each other in one session, the control's are from the others, as
 * a change is measured on one day and its baseline on several. Beside it one test of all their requests.
 */
export function redrawnGates(sessions: readonly MeasuredSession[], base: Base, count: number, seed: number): Run[] {
  const random = seededRandom(seed)
  const runs = sessions.filter(({ design }) => design === 'paired').flatMap((session, i) => runsAlone(session, i))
  const bySession = [...Map.groupBy(runs, ({ session }) => session).values()].filter(
    (of) => of.length >= sides.candidate,
  )
  if (bySession.length < 2) return []
  return Array.from({ length: count }, () => {
    const own = bySession[Math.floor(random() * bySession.length)] as RunAlone[]
    const others = runs.filter(({ session }) => session !== own[0]?.session)
    const from = Math.floor(random() * (own.length - sides.candidate + 1))
    const candidate = own.slice(from, from + sides.candidate)
    const control = Array.from(
      { length: sides.control },
      () => others[Math.floor(random() * others.length)] as RunAlone,
    )
    const together = (some: readonly RunAlone[]) => merged(some.map(({ sample }) => sample))
    const requests = { candidate: together(candidate), control: together(control) }
    return [answers('same', (ms) => ms), ...plantsAtP50.map((name) => answers(name, plants[name].slowed))].flat()

    function answers(question: Question, slowed: Plant['slowed']): Run[] {
      const shared = { from: 'redrawn', neighbour: 'none' as Neighbour, question } as const
      const seconds = sides.candidate * sides.units
      const before = control.map(({ p50Ms }) => p50Ms)
      const now = candidate.map(({ p50Ms }) => slowed(p50Ms, base))
      const limit = { max: gateShares.records }
      const { outcome } = decide({ control: before, candidate: now, relative: true, limit, limits: 1 })
      const slower = slowerTogether(slowedSample(requests.candidate, slowed, base), requests.control)
      return [
        { ...shared, rule: 'gate of records', answer: outcome, seconds },
        { ...shared, rule: 'pooled requests', answer: slower ? 'fail' : 'pass', seconds },
      ]
    }
  }).flat()
}

function runsAlone(session: MeasuredSession, place: number): RunAlone[] {
  return (['control', 'same'] as const).flatMap((name) => {
    const arm = armOf(session, name)
    const samples = (arm ? unitsOf(arm) : []).map((unit) => sampleOf(unit, 'latency')).filter(({ total }) => total > 0)
    const runs = Math.floor(samples.length / sides.units)
    return Array.from({ length: runs }, (_, i) => {
      const sample = merged(samples.slice(i * sides.units, (i + 1) * sides.units))
      return { session: place, sample, p50Ms: percentilesOfSample(sample)?.p50Ms ?? 0 }
    })
  })
}

const slowedSample = (sample: Sample, slowed: Plant['slowed'], base: Base): Sample => ({
  ...sample,
  values: sample.values.map((us) => slowed(us / 1000, base) * 1000),
})
