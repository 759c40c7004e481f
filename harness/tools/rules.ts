import type { z } from 'zod'
import { fields } from '../config.ts'
import { loadShape } from '../load/input.ts'
import { loadRules, type RuledLoad } from '../load/rules.ts'
import { isSecure } from '../load/schemes.ts'
import { tlsFields } from '../load/tls.ts'
import { loadTools } from './index.ts'
import type { LoadTool } from './tool.ts'

/** A load whose fields all have their defaults. */
const defaultLoad: Record<string, unknown> = {
  ...Object.fromEntries(Object.keys(loadShape).map((field) => [field, undefined])),
  ...fields(loadShape).parse({}),
}

/** The rules of a load, and those of the tool that it names. Adds its issues below `path`. */
export function generatorRules(load: RuledLoad, context: z.core.$RefinementCtx, path: string[] = []): void {
  loadRules(load, context, path)
  toolRules(load, context, path)
}

/** What the tool of a load cannot follow. Adds its issues below `path`. */
export function toolRules(load: RuledLoad, context: z.core.$RefinementCtx, path: string[] = []): void {
  for (const wrong of refusedByTool(load)) context.addIssue({ ...wrong, path: [...path, ...wrong.path] })
}

/** A load as people write it, made by the engine or by a tool. */
export const anyLoadSchema = fields(loadShape).superRefine((load, context) => generatorRules(load, context))

/** What is wrong with a field of a load, as zod's checks take it. */
type WrongField = {
  code: 'custom'
  path: (string | number)[]
  input: unknown
  message: string
}

/** Fields that are no matter of the tool, or that every tool follows. */
const always = new Set(['tool', 'toolArgs', 'protocol', 'url', 'path', 'connections', 'duration', 'warmUp', 'seed'])

/** Everything in a load that its tool cannot follow, with the reason. */
function refusedByTool(load: RuledLoad): WrongField[] {
  if (load.tool === undefined) return []
  const given: Record<string, unknown> = { ...load }
  const tool: LoadTool = loadTools[load.tool]
  const { name } = tool.program
  const protocol = tool.protocols.includes(load.protocol)
    ? []
    : [wrong(['protocol'], load.protocol, `${name} takes loads of: ${tool.protocols.join(', ')}`)]
  const fields = Object.keys(defaultLoad).flatMap((field) => {
    const demand = tool.follows[field]
    const said = field === 'tls' ? tlsOf(load) : given[field]
    if (demand) {
      const demanded = said === undefined || said === 0 ? null : demand(said as never, given)
      return demanded === null ? [] : [wrong([field], said, `${demanded}, with ${name}`)]
    }
    if (demand === null || always.has(field) || same(said, defaultLoad[field])) return []
    return [wrong([field], said, tool.reasons?.[field] ?? `left out: ${name} does not follow it`)]
  })
  return [...protocol, ...fields, ...wrongArguments(tool, load.toolArgs)]
}

/** An https:// URL by itself asks for what TLS is without a word. */
const tlsOf = ({ tls, url }: RuledLoad) =>
  tls ?? (typeof url === 'string' && URL.canParse(url) && isSecure(url) ? tlsFields.parse({}) : undefined)

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
