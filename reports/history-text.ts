import type { History, HistoryEvent, HistoryTrend, Size } from './history.ts'
import { indicatorTitle } from './indicators.ts'
import { amount, percent, unknown, whole } from './numbers.ts'

/** A figure as people say it; a ratio with three places, since a hundredth of it may be a change. */
export const figureText = (value: number, unit: string) =>
  unit === '×' ? `${value.toFixed(3)} ×` : amount(value, unit)

/** The scatter of runs; of those that are all alike, what calculating with them may round. */
export const noiseText = (noise: number, unit: string, value: number) =>
  noise <= 1e-6 * Math.abs(value) ? 'none' : figureText(noise, unit)

/** "p50 of envoy over baseline". */
export const historyTitle = (history: Pick<History, 'arm' | 'over' | 'indicator'>) =>
  `${indicatorTitle(history.indicator)} of ${armText(history)}`

export const armText = ({ arm, over }: Pick<History, 'arm' | 'over'>) => (over === null ? arm : `${arm} over ${over}`)

/** How far, with its interval at 95 %: "+10.7 % [9.9, 11.4]". */
export const sizeText = (size: Size, unit: string) => `${size.value > 0 ? '+' : ''}${withoutPlus(size, unit)}`

function withoutPlus({ of, value, interval }: Size, unit: string): string {
  const one = (number: number) => (of === 'share' ? percent(Number(number.toFixed(3))) : figureText(number, unit))
  const bare = (number: number) => (of === 'share' ? one(number).replace(' %', '') : one(number))
  return `${one(value)}${interval === null ? '' : ` [${interval.map(bare).join(', ')}]`}`
}

/** Day and minute, in UTC. */
export const moment = (startedAt: string) => startedAt.slice(0, 16).replace('T', ' ')

/** What an event is: "2026-02-20 03:00  worse by 10.7 % [9.9, 11.4], 1.400 × → 1.550 ×". */
export function eventText(event: HistoryEvent, { runs, unit }: Pick<History, 'runs' | 'unit'>): string {
  const [before, after] = [event.before, event.after].map((value) => figureText(value, unit))
  const began = moment(runs[event.index]?.startedAt ?? '')
  return `${began}  ${event.better ? 'better' : 'worse'} by ${withoutPlus(unsigned(event.size), unit)}, ${before} → ${after}`
}

/** A word tells which way. */
function unsigned({ of, value, interval }: Size): Size {
  if (value >= 0) return { of, value, interval }
  return { of, value: -value, interval: interval && [-interval[1], -interval[0]] }
}

/** Between which commits: "3f2a1c9..8b7d6e5", or what else is known. */
export function commitsText({ commits: { from, to }, index }: HistoryEvent, { runs }: Pick<History, 'runs'>): string {
  const dirty = [runs[index - 1], runs[index]].some((run) => run?.source?.dirty) ? ', with uncommitted changes' : ''
  const [last, first] = [from, to].map((commit) => commit?.slice(0, 9))
  if (last === undefined || first === undefined) return `between runs ${runs[index - 1]?.run} and ${runs[index]?.run}`
  return from === to
    ? `at the same commit ${first}${dirty}: not the code that git follows`
    : `${last}..${first}${dirty}`
}

export const trendText = (trend: HistoryTrend | null, { runs, unit }: Pick<History, 'runs' | 'unit'>) =>
  trend?.clear ? `${sizeText(trend.size, unit)} over ${runs.length - trend.first} runs` : unknown

/** What lies in the same store and is no part of it; empty of nothing. */
export function leftOutText({ leftOut: { environment, settings } }: Pick<History, 'leftOut'>): string {
  const parts = [
    environment > 0 && `${runsText(environment)} on other machines or clusters`,
    settings > 0 && `${runsText(settings)} of other loads or settings`,
  ].filter(Boolean)
  return parts.length === 0 ? '' : `left out: ${parts.join(', ')}`
}

export const runsText = (n: number) => `${whole(n)} ${n === 1 ? 'run' : 'runs'}`
