import { median } from '../../reports/numbers.ts'
import type { Arm } from '../../reports/record.ts'
import { worstOutcome } from '../../reports/worst-outcome.ts'
import { judgeBudgets } from '../verdict/objectives.ts'
import type { Point } from '../verdict/points.ts'
import { sequentialAnswer } from './answers.ts'
import { differencesOf } from './differences.ts'
import { type Base, type PlantedIndicator, plants } from './plants.ts'
import { budgetOf, longest, type Question, type Run } from './runs.ts'
import { armOf, type MeasuredSession } from './sessions.ts'
import { within } from './within.ts'

type Limits = Partial<Record<PlantedIndicator, number>>

/**
 * Cuts a session into runs: each begins afresh, without a look at what was before, and ends with its answer or after its longest time; the
 * next one begins there. A run for which too little is left is not begun, so that none is cut short. Each is judged as a record is.
 */
export function liveRuns(session: MeasuredSession, base: Base): Run[] {
  const { plant } = session
  const [control, same, planted] = [armOf(session, 'control'), armOf(session, 'same'), armOf(session, 'planted')]
  if (!control || !same) return []
  const { same: short, other: long } = longest.live
  return [
    ...cutUp(session, 'same', [same, control], { p50Ms: 0, p99Ms: 0 }, short, 0),
    ...cutUp(session, 'budget', [same, control], budgetOf(base.p50Us), long, 0),
    ...(plant && planted
      ? cutUp(session, plant, [planted, control], { [plants[plant].indicator]: 0 }, long, null)
      : []),
  ]
}

/** `added`: what the arm is known to add; null: as much as the whole session says. */
function cutUp(
  { design, neighbour, experiment }: MeasuredSession,
  question: Question,
  [arm, over]: [Arm, Arm],
  limits: Limits,
  most: number,
  added: number | null,
): Run[] {
  const { unitMs = 1000 } = experiment
  const asked = (Object.keys(limits) as PlantedIndicator[]).map((name) => {
    const points = differencesOf(arm, over, name, unitMs)
    const values = points.map(({ value }) => value)
    return { name, points, values, max: limits[name] as number, added: added ?? median(values) ?? 0 }
  })
  const runs: Run[] = []
  const all = Math.min(...asked.map(({ points }) => points.length))
  for (let from = 0; from + most <= all; ) {
    const { units } = sequentialAnswer(
      asked.map(({ values, max }) => ({ differences: values.slice(from, from + most), max })),
    )
    const indexes = asked.flatMap(({ points }) =>
      points.slice(from, from + units).flatMap((point: Point) => point.indexes),
    )
    const [first, last] = [Math.min(...indexes), Math.max(...indexes)]
    const verdicts = judgeBudgets(within(arm, first, last), within(over, first, last), limits, experiment)
    const outcomes = verdicts.map(({ outcome }) => outcome)
    runs.push({
      ...{ rule: design, from: 'live', neighbour, question, answer: worstOutcome(outcomes) },
      seconds: ((last - first + 1) * unitMs) / 1000,
      plain: verdicts.every(({ smallestEffect }, i) => {
        const { added = 0, max = 0 } = asked[i] ?? {}
        return smallestEffect != null && Math.abs(added - max) >= 2 * smallestEffect
      }),
    })
    from += units
  }
  return runs
}
