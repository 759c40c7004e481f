import { span, whole } from '../numbers.ts'
import { rateWords } from '../rate-words.ts'
import type { Experiment } from '../record.ts'

const durations = ['duration', 'warmUp', 'timeout', 'stagger', 'thinkTime']

/** The load as it was asked for, in one line; fields of loads to come are named as they are. */
export function loadLine(load: Experiment['load']): string {
  const { rate, arrivals, ...rest } = load
  const words = rateWords(rate)
  const loop =
    words === null
      ? 'closed loop'
      : `open loop, ${words}${typeof arrivals === 'string' ? `, ${arrivals} arrivals` : ''}`
  const others = Object.entries(rest).flatMap(([name, value]) => {
    const words = name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
    const range = rangeWords(name, value)
    if (range !== null) return [`${words} ${range}`]
    // The experiment's own seed is shown; each trial's comes from it.
    if (
      name === 'seed' ||
      (name === 'agents' && value === 1) ||
      value === '' ||
      value === null ||
      typeof value === 'object'
    )
      return []
    if (durations.includes(name) && typeof value === 'number') return [`${words} ${span(value)}`]
    if (typeof value === 'number' && ['connections', 'threads', 'agents'].includes(name))
      return [`${whole(value)} ${value === 1 ? words.slice(0, -1) : words}`]
    if (typeof value === 'boolean') return [value ? words : `no ${words}`]
    return [`${words} ${value}`]
  })
  return [loop, ...others].join(' · ')
}

/** One value, or from which to which it is drawn; null when it is something else. */
function rangeWords(name: string, value: unknown): string | null {
  if (typeof value !== 'object' || value === null) return null
  const { min, max } = value as Record<string, unknown>
  if (typeof min !== 'number' || typeof max !== 'number') return null
  const word = durations.includes(name) ? span : whole
  return min === max ? word(min) : `${word(min)} to ${word(max)}`
}
