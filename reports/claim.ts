import { indicatorOf, indicatorTitle } from './indicators.ts'
import { amount, decimal, shownIn, written } from './numbers.ts'
import type { Verdict } from './record.ts'

/** The numbers of a verdict as people read them. Interval and limit are empty where there is none. */
export interface Figures {
  /** "1.44 ms"; null where nothing was measured. */
  measured: string | null
  /** "[1.30, 1.61]". */
  interval: string
  /** "≤ 2 ms". */
  limit: string
}

/** Numbers that stand beside each other have the same number of digits; limits stay as they were written. */
export function figuresOf({
  unit,
  measured,
  interval,
  limit,
}: Pick<Verdict, 'unit' | 'measured' | 'interval' | 'limit'>): Figures {
  const { factor, unit: shownUnit } = shownIn(unit)
  const largest = Math.max(...[measured ?? 0, ...(interval ?? [])].map(Math.abs))
  const bound = (value: number) => `${written(value * factor)} ${shownUnit}`.trimEnd()
  const { max, min } = limit
  return {
    measured: measured === null ? null : amount(measured, unit, largest),
    interval: interval ? `[${interval.map((value) => decimal(value * factor, largest * factor)).join(', ')}]` : '',
    limit: [...(max === undefined ? [] : [`≤ ${bound(max)}`]), ...(min === undefined ? [] : [`≥ ${bound(min)}`])].join(
      ' and ',
    ),
  }
}

/** A verdict in the pieces that reports set beside each other. */
export interface Claim extends Omit<Figures, 'measured'> {
  /** "envoy adds 1.44 ms at p99", "p99 of envoy is 1.92 ms". The other arm is named where asked for. */
  sentence: string
}

/** What of a verdict makes a claim; a limit that is still being measured has the same. */
export type Claimed = Pick<Verdict, 'kind' | 'indicator' | 'unit' | 'limit' | 'arm' | 'over' | 'measured' | 'interval'>

export function claimOf(verdict: Claimed, { nameOther }: { nameOther: boolean }): Claim {
  const { measured, interval, limit } = figuresOf(verdict)
  const other = nameOther && verdict.over !== null ? verdict.over : null
  return { sentence: sentence(verdict, measured, other), interval, limit }
}

function sentence(verdict: Claimed, measured: string | null, other: string | null): string {
  const { kind, indicator, arm, over, limit } = verdict
  const title = indicatorTitle(indicator)
  const value = measured ?? 'an unknown amount'
  if (kind === 'baseline') return besideEarlier(title, arm, over, verdict.unit, measured)
  // An upper limit is no share that is to be kept.
  if (kind === 'share' && limit.max !== undefined) return `${title} of ${arm} is ${value} that of ${over}`
  if (kind === 'share') return `${arm} keeps ${value} of the ${title}${other === null ? '' : ` of ${other}`}`
  if (kind === 'objective') return `${title} of ${arm} is ${measured ?? 'unknown'}`
  const to = other === null ? '' : ` to ${other}`
  const atPercentile = indicatorOf(indicator)?.percent !== undefined
  return atPercentile ? `${arm} adds ${value}${to} at ${title}` : `${arm} adds ${value} of ${title}${to}`
}

/** Of runs beside earlier ones: with another arm, what is set beside them is the ratio to that arm. */
function besideEarlier(title: string, arm: string, over: string | null, unit: string, measured: string | null): string {
  const what = `${title} of ${arm}${over === null ? '' : ` over ${over}`}`
  if (measured === null) return `${what} beside earlier runs is unknown`
  return unit === '×' ? `${what} is ${measured} what it was` : `${what} changed by ${measured}`
}
