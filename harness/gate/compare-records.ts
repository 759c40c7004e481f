import type { Figure } from '../../reports/figures.ts'
import { median } from '../../reports/numbers.ts'
import type { RunRecord, Source } from '../../reports/record.ts'
import { figuresOf } from '../verdict/figures.ts'
import { type Difference, differencesOf } from './differences.ts'

/** A figure of one run: its interval, at 95 %, knows nothing of what differs from run to run. */
export type Side = Pick<Figure, 'value' | 'interval'>

/** What one test says of an indicator of an arm in two runs. */
export interface ComparedFigure
  extends Pick<Figure, 'suite' | 'test' | 'arm' | 'over' | 'form' | 'indicator' | 'unit'> {
  /** Null where the run does not have it. */
  a: Side | null
  b: Side | null
  /** How many times a is b, or by how much it is more where one is not above 0, in the unit. Null where one side has none. */
  difference: (Side & { relative: boolean }) | null
  /** Of earlier runs like b: how far two of them lie apart in the middle, and in all but 5 % of pairs, in the same form as the difference. Null of fewer than 6. */
  spread: { runs: number; usual: number; most: number } | null
}

export interface Comparison {
  a: RunName
  b: RunName
  /** What was not alike: a figure may differ because of it. */
  differs: Difference[]
  figures: ComparedFigure[]
}

export interface RunName {
  run: string
  startedAt: string
  source: Source | null
}

const fewestRuns = 6

/**
 * Two runs beside each other, figure by figure. It judges nothing: one run of each cannot tell a difference from the spread between runs. `earlier`: figures of other
 * runs, which tell that spread where they have the environment and the settings of b.
 */
export function compareRecords(a: RunRecord, b: RunRecord, earlier: readonly Figure[] = []): Comparison {
  const [before, now] = [figuresOf(a), figuresOf(b)]
  const known = new Map(before.map((one) => [keyOf(one), one]))
  const all = new Map([...before, ...now].map((one) => [keyOf(one), one]))
  const found = new Map(now.map((one) => [keyOf(one), one]))
  const of = Map.groupBy(earlier, keyOf)
  const figures = [...all].map(([key, { suite, test, arm, over, form, indicator, unit }]): ComparedFigure => {
    const [mine, theirs] = [known.get(key) ?? null, found.get(key) ?? null]
    const difference = mine && theirs && differenceOf(mine, theirs)
    const alike = theirs
      ? (of.get(key) ?? []).filter(
          (one) =>
            one.environment === theirs.environment &&
            one.settings === theirs.settings &&
            one.run !== a.run.id &&
            one.run !== b.run.id,
        )
      : []
    return {
      ...{ suite, test, arm, over, form, indicator, unit, a: sideOf(mine), b: sideOf(theirs), difference },
      spread:
        difference &&
        spreadOf(
          alike.map(({ value }) => value),
          difference.relative,
        ),
    }
  })
  return { a: nameOf(a), b: nameOf(b), differs: differencesOf([b], [a]), figures }
}

const nameOf = ({ run }: RunRecord): RunName => ({ run: run.id, startedAt: run.startedAt, source: run.source ?? null })

const keyOf = ({ suite, test, arm, over, form, indicator }: Figure) =>
  JSON.stringify([suite, test, arm, over, form, indicator])

const sideOf = (figure: Figure | null): Side | null => figure && { value: figure.value, interval: figure.interval }

/**
 * The difference with its interval from those of both (MOVER: Zou & Donner 2008, Statistics in Medicine 27:1693), of a ratio from their logarithms.
 */
function differenceOf(a: Side, b: Side): Side & { relative: boolean } {
  const ends = [a, b].flatMap(({ value, interval }) => [value, ...(interval ?? [])])
  const relative = ends.every((end) => end > 0)
  const [to, from] = relative ? [Math.log, Math.exp] : [(x: number) => x, (x: number) => x]
  const d = to(a.value) - to(b.value)
  const apart = (high: readonly number[], low: readonly number[]) => Math.hypot(...high, ...low)
  if (!a.interval || !b.interval) return { value: from(d), interval: null, relative }
  const [aLow, aHigh] = a.interval.map((end) => Math.abs(to(end) - to(a.value))) as [number, number]
  const [bLow, bHigh] = b.interval.map((end) => Math.abs(to(end) - to(b.value))) as [number, number]
  return { value: from(d), interval: [from(d - apart([aLow], [bHigh])), from(d + apart([aHigh], [bLow]))], relative }
}

/** How far two runs of the same lie apart: of all pairs the median, and what 95 % of them do not exceed. */
function spreadOf(values: readonly number[], relative: boolean): ComparedFigure['spread'] {
  const usable = relative ? values.filter((value) => value > 0).map(Math.log) : values
  if (usable.length < fewestRuns) return null
  const pairs = usable
    .flatMap((one, i) => usable.slice(i + 1).map((other) => Math.abs(one - other)))
    .sort((x, y) => x - y)
  const [usual, most] = [median(pairs) as number, pairs[Math.ceil(0.95 * pairs.length) - 1] as number]
  return { runs: usable.length, usual: relative ? Math.exp(usual) : usual, most: relative ? Math.exp(most) : most }
}
