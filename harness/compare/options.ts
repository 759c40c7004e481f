import { z } from 'zod'
import { type MeshName, meshes, meshNames } from '../../clusters/meshes/index.ts'
import { workloadNames } from '../../clusters/workloads/index.ts'
import { dashed, fields, parseConfig } from '../config.ts'
import type { StatedLimit } from '../verdict/stated.ts'
import { budgetOf, defaultBudgets } from './budget.ts'

const named = (what: string) => z.string().min(1, what).optional()

/** `KEY=VALUE`, each flag one of them. */
const pairs = z
  .array(z.string().regex(/^[^=]+=/s, 'KEY=VALUE'))
  .default([])
  .transform((all) =>
    Object.fromEntries(all.map((one) => [one.slice(0, one.indexOf('=')), one.slice(one.indexOf('=') + 1)])),
  )

/** The same, for settings that are checked by their mesh. */
const settings = pairs.transform((all) =>
  Object.fromEntries(Object.entries(all).map(([key, value]): [string, unknown] => [key, scalar(value)])),
)

function scalar(text: string): string | number | boolean {
  if (text === 'true' || text === 'false') return text === 'true'
  return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text
}

const budget = z.string().transform((text, context): StatedLimit => {
  const limit = budgetOf(text)
  if (typeof limit !== 'string') return limit
  context.addIssue({ code: 'custom', message: limit, input: text })
  return z.NEVER
})

const mesh = z
  .string()
  .default('baseline')
  .refine((name) => meshNames.some((one) => one === name.split(':')[0] && hasMode(one, name)), {
    error: `a mesh or mesh:mode; meshes: ${meshNames.join(', ')}`,
  })

const hasMode = (name: MeshName, written: string) =>
  written === name || meshes[name].modes.some((mode: string) => written === `${name}:${mode}`)

const schema = fields({
  ref: named('a commit, branch or tag'),
  candidate: named('a commit, branch or tag'),
  build: z.string().trim().min(1, 'a command').optional(),
  workload: named(`a file, or one of: ${workloadNames.join(', ')}`),
  ready: z.string().startsWith('/', 'a path that begins with /').optional(),
  ...{ env: pairs, controlEnv: pairs, candidateEnv: pairs },
  ...{ controlImage: named('a container image'), candidateImage: named('a container image') },
  ...{ mesh, controlSetting: settings, candidateSetting: settings },
  budget: z
    .array(budget)
    .min(1, 'at least one')
    .prefault([...defaultBudgets]),
  again: z.int({ error: 'a whole number' }).min(0, 'at least 0').max(3, 'at most 3').default(1),
  allowSame: z.boolean().default(false),
}).superRefine((given, context) => {
  const fail = (flag: string, input: unknown, message: string) =>
    context.addIssue({ code: 'custom', path: [flag], input, message })
  const { ref, candidate, build, workload, ready, controlImage, candidateImage, budget } = given
  const builtIn = workloadNames.some((name) => name === workload)
  const images = controlImage !== undefined || candidateImage !== undefined
  if (candidate !== undefined && ref === undefined) fail('candidate', candidate, 'none without --ref')
  if (build !== undefined && ref === undefined) fail('build', build, 'none without --ref')
  if (images && controlImage === undefined) fail('controlImage', controlImage, 'an image, as --candidate-image is one')
  if (images && candidateImage === undefined)
    fail('candidateImage', candidateImage, 'an image, as --control-image is one')
  if (images && ref !== undefined) fail('ref', ref, 'none, with images')
  if (images && workload !== undefined) fail('workload', workload, 'none, with images')
  if (ref !== undefined && (workload === undefined || builtIn))
    fail('workload', workload, 'the file that starts the program, on either side: what is built in is the same on both')
  if (ready !== undefined && !images && (workload === undefined || builtIn))
    fail('ready', ready, 'none, of a workload that is built in')
  const names = budget.map(({ kind, indicator }) => `${kind} ${indicator}`)
  if (new Set(names).size < names.length) fail('budget', names.join(', '), 'each indicator once')
})

/** What is compared, and by what it is judged. */
export type CompareOptions = z.output<typeof schema>

/** Checks the flags of `meshmark compare`. Throws HarnessError CONFIG_INVALID that names every wrong one. */
export const parseCompare = (flags: Record<string, unknown>): CompareOptions =>
  parseConfig(schema, flags, 'meshmark compare', ([flag, ...inner]) => {
    const typed = flags[String(flag)]
    const place =
      typeof inner[0] === 'number' && Array.isArray(typed) ? { received: typed[inner[0]] } : { received: typed }
    return { name: dashed(String(flag)), ...place }
  })
