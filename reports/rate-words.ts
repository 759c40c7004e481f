import { span, whole } from './numbers.ts'
import type { RecordedLoad } from './recorded-load.ts'

/** The rate of a load, in any of its forms, as people say it; null where there is none: a closed loop. */
export function rateWords(rate: RecordedLoad['rate']): string | null {
  if (rate === undefined) return null
  if (typeof rate === 'number') return perSecond(rate)
  if ('from' in rate) return `from ${perSecond(rate.from)} to ${perSecond(rate.to)}`
  if ('steps' in rate)
    return rate.steps.map((step) => `${perSecond(step.rate)} for ${span(step.durationMs)}`).join(', then ')
  if ('burst' in rate)
    return `${whole(rate.burst)} at once every ${span(rate.everyMs)}${rate.base > 0 ? ` over ${perSecond(rate.base)}` : ''}`
  return `replay of ${rate.replay} (${whole(rate.arrivals)} arrivals)`
}

const perSecond = (rate: number) => `${rate < 10 ? rate : whole(rate)}/s`
