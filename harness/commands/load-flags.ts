import { InvalidArgumentError } from 'commander'
import { HarnessError } from '../errors.ts'
import type { Header } from '../load/headers.ts'
import { rateField } from '../load/input/rate.ts'
import { number } from './number.ts'

/** A header line, beside those before it. Throws InvalidArgumentError for one without a colon. */
export const header = (line: string, headers: readonly Header[] = []): Header[] => {
  const colon = line.indexOf(':')
  if (colon < 0) throw new InvalidArgumentError('It has no colon: "name: value".')
  return [...headers, [line.slice(0, colon).trim(), line.slice(colon + 1).trim()]]
}

/** "10ms", or from which to which: "5ms:50ms". */
export const range = (text: string) => {
  const [min, max] = text.split(':')
  return max === undefined ? text : { min, max }
}

/** As `range`, of whole numbers. */
export const countRange = (text: string) => {
  const [min, max] = text.split(':').map(number)
  return max === undefined ? min : { min, max }
}

/** "errorRate=0.1,for=5s" as the fields that it names. */
export const rules = (text: string) =>
  Object.fromEntries(
    text.split(',').map((rule) => {
      const [name = '', value = ''] = rule.split('=').map((part) => part.trim())
      return [name, name === 'for' ? value : number(value)]
    }),
  )

/** The flags of `meshmark load` that are about its rate. */
export interface RateFlags extends Record<string, unknown> {
  rate?: number | string | undefined
  ramp?: string | undefined
  steps?: string | undefined
  burst?: string | undefined
  replay?: string | undefined
  duration?: string | undefined
}

/**
 * The rate that the flags mean, as a load has it. Steps and recordings set the duration themselves. Throws HarnessError
 * CONFIG_INVALID when several flags give a rate.
 */
export function withRate({ rate, ramp, steps, burst, replay, ...others }: RateFlags): Record<string, unknown> {
  const given = Object.entries({ rate: burst === undefined ? rate : undefined, ramp, steps, burst, replay }).filter(
    ([, value]) => value !== undefined,
  )
  if (given.length > 1) throw contradiction(given)
  const input = rateInput({ rate, ramp, steps, burst, replay })
  const durationMs = ownDurationMs(input)
  return {
    ...(durationMs === undefined ? {} : { duration: `${durationMs}ms` }),
    ...others,
    ...(input === undefined ? {} : { rate: input }),
  }
}

const contradiction = (given: [string, unknown][]) =>
  new HarnessError(
    'CONFIG_INVALID',
    `meshmark load: ${given.map(([name, value]) => `--${name} ${value}`).join(' and ')} contradict each other; one of them, or --burst over --rate`,
  )

function rateInput({ rate, ramp, steps, burst, replay }: RateFlags): unknown {
  if (ramp !== undefined) {
    const [from, to] = pair(ramp)
    return { from: number(from), to: to && number(to) }
  }
  if (steps !== undefined)
    return {
      steps: steps.split(',').map((step) => {
        const [rate, time] = pair(step.trim())
        return { rate: number(rate), duration: time }
      }),
    }
  if (burst !== undefined) {
    const [size, every] = pair(burst)
    return { burst: number(size), every, ...(rate === undefined ? {} : { base: rate }) }
  }
  return replay === undefined ? rate : { replay }
}

function pair(text: string): [string, string | undefined] {
  const [one = '', ...others] = text.split(':')
  return [one, others.length === 0 ? undefined : others.join(':')]
}

function ownDurationMs(input: unknown): number | undefined {
  const { data } = rateField.safeParse(input)
  if (typeof data !== 'object') return undefined
  if ('steps' in data) return data.steps.reduce((sum, step) => sum + step.durationMs, 0)
  if ('replay' in data) return Math.floor(data.arrivalsMs.at(-1) ?? 0) + 1
  return undefined
}
