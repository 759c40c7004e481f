import { figuresOf } from '../../reports/claim.ts'
import type { Indicator } from '../../reports/indicators.ts'
import type { Arm, Verdict } from '../../reports/record.ts'
import { bootstrapInterval, location, mannWhitney, medianRatio, shift } from './statistics.ts'
import { leftOutLines, type Usable, usableValues } from './usable.ts'

/** With fewer trials an arm no result can reach α = 0.05 with room to spare. */
const minimumTrials = 5
const confidence = 0.95

/** A limit on an indicator of an arm, or on what it adds to another arm, or keeps of it. */
export interface LimitCheck {
  kind: Verdict['kind']
  indicator: Indicator
  limit: Verdict['limit']
  arm: Arm
  over: Arm | null
}

/**
 * The verdict on one limit. The generator's lateness can only make an arm look slower: what passes with it would pass without it. So a
 * lagging trial of the arm itself is left out only where the arm does not pass with all of them.
 */
export function verdictOn(check: LimitCheck, seed: number): Verdict {
  const { arm, over, indicator, limit } = check
  const lagLimit = Math.min(...[limit.max, limit.min].filter((value) => value !== undefined).map(Math.abs)) / 10
  const others = over ? [usableValues(over, indicator, lagLimit)] : []
  if (limit.min === undefined) {
    const verdict = decide(check, [usableValues(arm, indicator, Number.POSITIVE_INFINITY), ...others], seed)
    if (verdict.outcome === 'pass') return verdict
  }
  return decide(check, [usableValues(arm, indicator, lagLimit), ...others], seed)
}

function decide(check: LimitCheck, usable: readonly Usable[], seed: number): Verdict {
  const { kind, indicator, limit, arm, over } = check
  const [mine = [], theirs] = usable.map(({ values }) => values)
  const open = {
    ...{ kind, indicator: indicator.name, unit: kind === 'share' ? '×' : indicator.unit, limit },
    ...{ arm: arm.name, over: over?.name ?? null, measured: null, interval: null, confidence, pValue: null },
    trials: { arm: mine.length, over: theirs?.length ?? null },
  }
  const skipped = [arm, over].find((one) => one?.skipped)
  if (skipped) return { ...open, outcome: 'inconclusive', why: `${skipped.name} did not run: ${skipped.skipped}` }
  if (usable.some(({ values }) => values.length < minimumTrials)) {
    const left = usable.flatMap((one, i) =>
      leftOutLines(one.left).map((line) => `${(i === 0 ? arm : over)?.name}: ${line}`),
    )
    const counts = usable.map(({ values }) => values.length).join(' and ')
    const few = `${subject(check)}: too few usable trials (${counts}; ${minimumTrials} an arm are needed)`
    return { ...open, outcome: left.length > 0 ? 'invalid' : 'inconclusive', why: [few, ...left].join('; ') }
  }

  const { measured, low, high } = estimated(kind, mine, theirs, seed)
  const outcome = compare(limit, low, high)
  const verdict = { ...open, measured, interval: [low, high] as [number, number], outcome }
  const figures = figuresOf(verdict)
  return {
    ...verdict,
    pValue: theirs ? mannWhitney(mine, theirs) : null,
    why: `${subject(check)}: ${figures.measured} ${figures.interval}, target ${figures.limit}: ${consequences[outcome]}`,
  }
}

/** Of an arm alone its location; beside another, the difference or the ratio. */
function estimated(kind: Verdict['kind'], mine: number[], theirs: number[] | undefined, seed: number) {
  if (!theirs) {
    const interval = bootstrapInterval([mine], (sample = []) => location(sample), { confidence, seed })
    return { measured: location(mine), ...interval }
  }
  const estimate = kind === 'share' ? medianRatio : shift
  const interval = bootstrapInterval([mine, theirs], (a = [], b = []) => estimate(a, b), { confidence, seed })
  return { measured: estimate(mine, theirs), ...interval }
}

function subject({ kind, indicator: { name }, arm, over }: LimitCheck): string {
  if (!over) return `${name} of ${arm.name}`
  return kind === 'share'
    ? `${name} of ${arm.name} over that of ${over.name}`
    : `${arm.name} adds to ${over.name} at ${name}`
}

const consequences = {
  pass: 'the whole interval keeps it',
  fail: 'the whole interval breaks it',
  inconclusive: 'the interval lies on both sides: more trials or a quieter machine are needed',
}

function compare(
  { max = Number.POSITIVE_INFINITY, min = Number.NEGATIVE_INFINITY }: Verdict['limit'],
  low: number,
  high: number,
): keyof typeof consequences {
  if (low > max || high < min) return 'fail'
  return high <= max && low >= min ? 'pass' : 'inconclusive'
}
