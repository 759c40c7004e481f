import type { z } from 'zod'
import { fields } from '../config.ts'
import { loadShape, type ReadLoad } from '../load/input/load.ts'
import { tlsFields } from '../load/input/tls.ts'
import type { LoadPlan } from '../load/plan.ts'
import { isSecure } from '../load/schemes.ts'
import { loadTools } from './index.ts'
import type { ConstrainedLoad, LoadTool } from './tool.ts'

/** What is wrong with a field of a load, as zod's checks take it. */
interface WrongField {
  code: 'custom'
  path: (string | number)[]
  input: unknown
  message: string
  [more: string]: unknown
}

/** A load whose fields all have their defaults. */
const defaultLoad: Record<string, unknown> = fields(loadShape).parse({})

/** Fields that are no matter of the tool, or that every tool follows. */
const always = new Set(['tool', 'toolArgs', 'protocol', 'url', 'path', 'connections', 'duration', 'warmUp', 'seed'])

/** What the tool of a load cannot follow, with the reason. Adds its issues below `path`. */
export function toolRules(load: ReadLoad, context: z.core.$RefinementCtx, path: string[] = []): void {
  if (load.tool === undefined) return
  const tool: LoadTool = loadTools[load.tool]
  const { program, protocols } = tool
  const protocol = protocols.includes(load.protocol)
    ? []
    : [wrong(['protocol'], load.protocol, `${program.name} takes loads of: ${protocols.join(', ')}`)]
  const others = Object.keys(loadShape).flatMap((field) => wrongField(tool, field, load[field as keyof ReadLoad], load))
  for (const issue of [...protocol, ...others, ...wrongArguments(tool, load.toolArgs)])
    context.addIssue({ ...issue, path: [...path, ...issue.path] })
}

/** What the tool of a load cannot follow of its target: an https:// URL by itself asks for TLS with its defaults. */
export function toolTargetRules(
  { tool, tls, ...load }: ConstrainedLoad & Pick<LoadPlan, 'tool' | 'tls'>,
  url: string,
  context: z.core.$RefinementCtx,
): void {
  if (tool === undefined || tls !== undefined || !URL.canParse(url) || !isSecure(url)) return
  for (const issue of wrongField(loadTools[tool], 'tls', tlsFields.parse({}), load)) context.addIssue(issue)
}

function wrongField(
  { program: { name }, follows, reasons }: LoadTool,
  field: string,
  value: unknown,
  load: ConstrainedLoad,
): WrongField[] {
  const constraint = follows[field]
  if (constraint) {
    const allowed = value === undefined || value === 0 ? null : constraint(value as never, load)
    return allowed === null ? [] : [wrong([field], value, `${allowed}, with ${name}`)]
  }
  if (constraint === null || always.has(field) || same(value, defaultLoad[field])) return []
  return [wrong([field], value, reasons?.[field] ?? `left out: ${name} does not follow it`)]
}

/** A flag is followed by its value, as an argument of its own or after "=". */
function wrongArguments({ program, flags }: LoadTool, given: readonly string[]): WrongField[] {
  const found: WrongField[] = []
  const allowed = Object.entries(flags).map(([flag, value]) => (value ? `${flag} ${value.source}` : flag))
  for (let i = 0; i < given.length; i++) {
    const argument = given[i] as string
    const [flag = '', ...rest] = argument.split('=')
    const path = ['toolArgs', i]
    const pattern = Object.hasOwn(flags, flag) ? flags[flag] : undefined
    if (pattern === undefined) {
      const message =
        allowed.length === 0 ? `${program.name} takes no further arguments` : `one of: ${allowed.join(', ')}`
      found.push(wrong(path, argument, message))
    } else if (pattern === null) {
      if (rest.length > 0) found.push(wrong(path, argument, `${flag} without a value`))
    } else {
      const value = rest.length > 0 ? rest.join('=') : given[++i]
      if (value === undefined || !pattern.test(value))
        found.push(wrong(path, value ?? argument, `${flag} with a value that fits ${pattern.source}`))
    }
  }
  return found
}

const wrong = (path: (string | number)[], input: unknown, message: string): WrongField => ({
  code: 'custom',
  path,
  input,
  message,
})

const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b)
