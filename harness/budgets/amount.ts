import type { Indicator } from '../../reports/indicators.ts'
import type { Verdict } from '../../reports/record.ts'

export const amountForm = 'the most that it may be worse: "+5%", "+2ms", or a number in the unit of the indicator'

/** A limit on a ratio, where 1 is no difference, or on a difference in the indicator's unit. */
interface Amount {
  relative: boolean
  limit: Verdict['limit']
}

/** How much of the indicator's unit one of a written unit is. */
const units: Record<string, Record<string, number>> = {
  ms: { s: 1000, ms: 1, µs: 0.001, us: 0.001 },
  µs: { s: 1e6, ms: 1000, µs: 1, us: 1 },
  bytes: { bytes: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 },
  'bit/s': { bit: 1, kbit: 1e3, Mbit: 1e6, Gbit: 1e9 },
}

/**
 * What may be worse by so much, as a limit: "+5%" of an indicator that is better when lower is at most 1.05 times, "-5%" of one that is better
 * when higher at least 0.95 times. Returns a sentence on what is allowed where it is none of that.
 */
export function amountOf(written: string | number, indicator: Indicator): Amount | string {
  const { unit, better, name } = indicator
  const known = Object.keys(units[unit] ?? {})
  const [, sign = '', digits = '', suffix = ''] =
    /^\s*([+−-]?)\s*(\d+(?:\.\d+)?)\s*([^\s\d]*)\s*$/.exec(String(written)) ?? []
  const scale = suffix === '%' ? 0.01 : suffix === '' ? 1 : units[unit]?.[suffix]
  if (digits === '' && typeof written === 'string') return amountForm
  if (scale === undefined)
    return `${amountForm}; ${name} is in ${unit || 'shares of 1'}${known.length > 0 ? `, units: %, ${known.join(', ')}` : ''}`
  const size = typeof written === 'number' ? written : Number(digits) * scale * (sign === '' || sign === '+' ? 1 : -1)
  if (typeof written === 'string' && sign === '') return `${amountForm}: with its sign`
  if (better === 'lower' && size < 0)
    return `"+…" or 0: ${name} is better when lower, and this is how much higher it may be`
  if (better === 'higher' && size > 0)
    return `"-…" or 0: ${name} is better when higher, and this is how much lower it may be`
  const relative = suffix === '%'
  if (relative && size <= -1) return 'a fall by less than 100 %'
  const bound = relative ? Number((1 + size).toPrecision(12)) : size
  return { relative, limit: better === 'lower' ? { max: bound } : { min: bound } }
}
