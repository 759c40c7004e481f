import { RE2JS } from 're2js'
import { z } from 'zod'
import { fields, parseInput } from '../input.ts'
import { count } from '../metrics/sample.ts'
import { type Requirement, requirement, selectorText } from './selector.ts'

const mostStrategies = 10_000
const longestPattern = 1000
const int32 = 2 ** 31 - 1
const rank = 'true, false, or a whole number of 32 bits: the higher, the sooner'

/**
 * The pattern of `command_regex`, in RE2's syntax. RE2 has no backreferences and no look-around, and takes time linear in the text: a
 * pattern that backtracks without end cannot be written in it.
 */
const pattern = z
  .string()
  .max(longestPattern, `at most ${longestPattern} characters`)
  .transform((text, context): RE2JS | null => {
    if (text === '') return null
    try {
      return RE2JS.compile(text)
    } catch (error) {
      const words = error instanceof Error ? error.message : String(error)
      context.addIssue({ code: 'custom', message: `a regular expression in RE2's syntax: ${words}` })
      return z.NEVER
    }
  })

/** One strategy as clients send it. */
export const strategySchema = fields({
  priority: z.union([z.boolean(), z.int(rank).min(-int32, rank).max(int32, rank)], rank).default(false),
  /** How long it may run at a time, ns; 0: as it is. */
  execution_time: count(64).default(0n),
  pid: count(32).default(0n),
  selectors: z.array(requirement, 'a list of selectors').max(100, 'at most 100').default([]),
  selector: z.union([z.literal('').transform((): Requirement[] => []), selectorText]).default([]),
  namespaces: z
    .array(z.string().regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'a namespace'))
    .max(100)
    .default([]),
  command_regex: pattern.default(null),
})
  .superRefine((one, context) => {
    const isByLabels = one.selectors.length + one.selector.length > 0
    const wrong = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message })
    if (one.pid === 0n && !isByLabels)
      wrong('pid', 'a pid, or selectors: without either it would be about every process')
    if (one.pid !== 0n && isByLabels) wrong('pid', 'a pid or selectors, not both')
    if (one.pid !== 0n && one.namespaces.length > 0)
      wrong('namespaces', 'nothing beside a pid: they belong to selectors')
  })
  .transform(
    (one): Strategy => ({
      priority: one.priority,
      executionTimeNs: one.execution_time,
      target:
        one.pid === 0n
          ? { kind: 'pods', requirements: [...one.selectors, ...one.selector], namespaces: one.namespaces }
          : { kind: 'pid', pid: Number(one.pid) },
      command: one.command_regex,
    }),
  )

const strategiesSchema = fields({
  strategies: z.array(strategySchema, 'a list of strategies').max(mostStrategies, `at most ${mostStrategies}`),
})

/** What processes are to be favoured, or held back, and how long they may run at a time. */
export interface Strategy {
  /** As it was given. True is the same as 10, false as 0: the priority is left as it is. Below 0 is background work. */
  priority: boolean | number
  /** 0: as it is. */
  executionTimeNs: bigint
  target:
    | { kind: 'pid'; pid: number }
    | { kind: 'pods'; requirements: readonly Requirement[]; namespaces: readonly string[] }
  /** Only processes whose command it finds itself in; null: all. */
  command: RE2JS | null
}

/**
 * Reads a set of strategies, `{ strategies: […] }`, as clients of both generations send it: a pid of 0, an empty list and an empty
 * text are as if they were absent.
 *
 * @throws SchedulerError SCHEDULER_INPUT_INVALID that names every wrong field.
 */
export const parseStrategies = (input: unknown): Strategy[] =>
  parseInput(strategiesSchema, input, 'strategies').strategies

/** The priority as a number. */
export const rankOf = ({ priority }: Pick<Strategy, 'priority'>): number =>
  typeof priority === 'number' ? priority : priority ? 10 : 0
