import { isSecure } from '../load/schemes.ts'
import { tlsFields } from '../load/tls.ts'
import { type LoadToolName, loadTools } from './index.ts'
import type { LoadTool } from './tool.ts'

/** What is wrong with a field of a load, as zod's checks take it. */
export type WrongField = {
  code: 'custom'
  path: (string | number)[]
  input: unknown
  message: string
}

/** Fields that are no matter of the tool, or that every tool follows. */
const always = new Set(['tool', 'toolArgs', 'protocol', 'url', 'path', 'connections', 'duration', 'warmUp', 'seed'])

type Fields = Record<string, unknown> & { tool?: LoadToolName | undefined; toolArgs?: readonly string[] | undefined }

/** Everything in a load that its tool cannot follow, with the reason. `defaults` are those of a load of which nothing was said. */
export function toolRules(load: Fields, defaults: Record<string, unknown>): WrongField[] {
  const { toolArgs = [] } = load
  if (load.tool === undefined)
    return toolArgs.length === 0 ? [] : [wrong(['toolArgs'], toolArgs, 'none: they are those of a tool')]
  const tool: LoadTool = loadTools[load.tool]
  const { name } = tool.program
  const protocol = tool.protocols.includes(load.protocol as string)
    ? []
    : [wrong(['protocol'], load.protocol, `${name} takes loads of: ${tool.protocols.join(', ')}`)]
  const fields = Object.keys(defaults).flatMap((field) => {
    const demand = tool.follows[field]
    const said = field === 'tls' ? tlsOf(load) : load[field]
    if (demand) {
      const demanded = said === undefined || said === 0 ? null : demand(said as never, load)
      return demanded === null ? [] : [wrong([field], said, `${demanded}, with ${name}`)]
    }
    if (demand === null || always.has(field) || same(said, defaults[field])) return []
    return [wrong([field], said, tool.reasons?.[field] ?? `left out: ${name} does not follow it`)]
  })
  return [...protocol, ...fields, ...wrongArguments(tool, toolArgs)]
}

/** An https:// URL by itself asks for what TLS is without a word. */
const tlsOf = ({ tls, url }: Fields) =>
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
