import { span, whole } from './numbers.ts'

/** The rate of a recorded load, in any of its forms, as people say it; null where there is none: a closed loop. */
export function rateWords(rate: unknown): string | null {
  if (typeof rate === 'number') return perSecond(rate)
  if (typeof rate !== 'object' || rate === null) return null
  const { from, to, steps, burst, every, base, replay, arrivals } = rate as Record<string, unknown>
  if (typeof from === 'number' && typeof to === 'number') return `from ${perSecond(from)} to ${perSecond(to)}`
  if (Array.isArray(steps))
    return (steps as { rate: number; duration: number }[])
      .map((step) => `${perSecond(step.rate)} for ${span(step.duration)}`)
      .join(', then ')
  if (typeof burst === 'number' && typeof every === 'number')
    return `${whole(burst)} at once every ${span(every)}${typeof base === 'number' && base > 0 ? ` over ${perSecond(base)}` : ''}`
  if (typeof replay === 'string')
    return `replay of ${replay}${typeof arrivals === 'number' ? ` (${whole(arrivals)} arrivals)` : ''}`
  return JSON.stringify(rate)
}

const perSecond = (rate: number) => `${rate < 10 ? rate : whole(rate)}/s`
