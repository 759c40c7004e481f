import { z } from 'zod'
import { fields, parseInput } from '../input.ts'
import { metricNames, metrics } from '../metrics/definitions.ts'

const day = 86_400
const seconds = `seconds, 0 to ${day}`
const mostRules = 1000

const ruleSchema = fields({
  /** What the alert is called, where it is sent and listed. */
  name: z.string().regex(/^[\w .:/-]{1,100}$/, 'up to 100 letters, digits, blanks and any of _.:/-'),
  metric: z.enum(metricNames, `one of ${metricNames.join(', ')}`),
  /** A counter's value says how long its program has run; its rate, per second, what it does. */
  of: z.enum(['value', 'rate'], 'value or rate').default('value'),
  above: z.number('a number').optional(),
  below: z.number('a number').optional(),
  /** How long it must be so before the alert fires. */
  for_seconds: z.number(seconds).min(0, seconds).max(day, seconds).default(0),
}).superRefine((rule, context) => {
  const wrong = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message })
  if ((rule.above === undefined) === (rule.below === undefined)) wrong('above', 'either above or below, one of the two')
  const { kind } = metrics[rule.metric]
  if (kind === 'label') wrong('metric', 'a metric that goes up or down, which this one does not')
  if (rule.of === 'rate' && kind !== 'counter') wrong('of', `value: ${rule.metric} is no counter and has no rate`)
})

const rulesSchema = z
  .array(ruleSchema, 'a list of rules')
  .max(mostRules, `at most ${mostRules}`)
  .superRefine((rules, context) => {
    const names = rules.map(({ name }) => name)
    names.forEach((name, index) => {
      if (names.indexOf(name) < index)
        context.addIssue({ code: 'custom', path: [index, 'name'], message: `a name of its own: ${name} is taken` })
    })
  })

/** A limit that a metric may not be beyond for a time. */
export type Rule = z.output<typeof ruleSchema>

/** @throws SchedulerError SCHEDULER_INPUT_INVALID that names every wrong field. */
export const parseRules = (input: unknown): Rule[] => parseInput(rulesSchema, input, 'alert rules')

/** The rule's condition in words: `nr_queued above 100 for 30 s`. */
export function conditionOf({ metric, of, above, below, for_seconds }: Rule): string {
  const what = of === 'rate' ? `${metric} per second` : metric
  return `${what} ${above === undefined ? `below ${below}` : `above ${above}`} for ${for_seconds} s`
}

/** Whether a value breaks the rule. */
export const breaks = ({ above, below }: Rule, value: number) =>
  (above !== undefined && value > above) || (below !== undefined && value < below)
