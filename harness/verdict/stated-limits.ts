import { parseSync, Visitor } from 'rolldown/utils'
import type { Verdict } from '../../reports/record.ts'
import type { StatedLimit } from './stated.ts'
import { type Argument, type Call, type Expression, namesIn, testsOf, textOf, within } from './suite-source.ts'

const kinds = { toMeetObjectives: 'objective', toAddAtMost: 'budget', toKeepAtLeast: 'share' } as const
type Matcher = keyof typeof kinds
type Names = ReturnType<typeof namesIn>

/**
 * The limits that a test of a suite states, read from its source, so that its experiments need not last longer than until all of them are clear.
 * Those of functions outside any test count as well, and of all tests where it cannot be told which one it is. Where an arm is not named by a literal
 * the limit is on every arm it can be. Null where a limit is computed, or none is stated: then nobody knows before the end.
 */
export function statedLimits(file: string, source: string, test: string): StatedLimit[] | null {
  const { program } = parseSync(file, source)
  const tests = testsOf(program, test)
  const named = tests.filter((one) => one.named)
  const matchers: Call[] = []
  new Visitor({ CallExpression: (call) => void (matcherOf(call) && matchers.push(call)) }).visit(program)
  const asked = matchers.filter((call) => {
    const own = tests.filter((one) => within(one, call))
    return own.length === 0 || named.length === 0 || own.some((one) => one.named)
  })
  const limits = asked.map((call) => {
    const span = tests.find((one) => within(one, call)) ?? program
    return limitsOf(call, namesIn(program, span))
  })
  return limits.length === 0 || limits.includes(null) ? null : limits.flatMap((some) => some ?? [])
}

function matcherOf({ callee }: Call): Matcher | undefined {
  if (callee.type !== 'MemberExpression' || callee.property.type !== 'Identifier') return undefined
  const { name } = callee.property
  return Object.hasOwn(kinds, name) ? (name as Matcher) : undefined
}

/** Null where one of them is computed. */
function limitsOf(call: Call, names: Names): StatedLimit[] | null {
  const kind = kinds[matcherOf(call) as Matcher]
  const [written, options] = call.arguments
  const over = options === undefined ? {} : overOf(options)
  const fields = fieldsOf(written)
  if (fields === null || over === null) return null
  const which = armOf(receiverOf(call), names)
  const limits = Object.entries(fields).map(([indicator, value]): StatedLimit | null => {
    const limit = limitOf(kind, value)
    return limit && { kind, indicator, limit, ...which, ...over }
  })
  return limits.includes(null) ? null : limits.filter((one) => one !== null)
}

function overOf(options: Argument): { over?: string } | null {
  const fields = fieldsOf(options)
  if (fields === null || Object.keys(fields).some((name) => name !== 'over')) return null
  if (fields.over === undefined) return {}
  const over = textOf(fields.over)
  return over === undefined ? null : { over }
}

function limitOf(kind: Verdict['kind'], value: Expression): Verdict['limit'] | null {
  if (kind !== 'objective') {
    const number = numberOf(value)
    return number === undefined ? null : kind === 'budget' ? { max: number } : { min: number }
  }
  const bounds = Object.entries(fieldsOf(value) ?? { computed: value }).map(([name, of]) => [name, numberOf(of)])
  return bounds.every(([, number]) => number !== undefined) ? Object.fromEntries(bounds) : null
}

/** The fields of an object that is written out; null of any other. */
function fieldsOf(node: Argument | undefined): Record<string, Expression> | null {
  if (node?.type !== 'ObjectExpression') return null
  const fields = node.properties.map((property): [string, Expression] | null => {
    if (property.type !== 'Property' || property.computed) return null
    const { key, value } = property
    return key.type === 'Identifier' ? [key.name, value] : key.type === 'Literal' ? [String(key.value), value] : null
  })
  return fields.includes(null) ? null : Object.fromEntries(fields.filter((one) => one !== null))
}

/** What an arithmetic expression of numbers alone comes to. */
function numberOf(node: Expression): number | undefined {
  if (node.type === 'Literal' && typeof node.value === 'number') return node.value
  if (node.type === 'UnaryExpression' && node.operator === '-') {
    const value = numberOf(node.argument)
    return value === undefined ? undefined : -value
  }
  if (node.type !== 'BinaryExpression' || node.left.type === 'PrivateIdentifier') return undefined
  const [left, right] = [numberOf(node.left), numberOf(node.right)]
  if (left === undefined || right === undefined) return undefined
  const operations: Record<string, number> = {
    '*': left * right,
    '/': left / right,
    '+': left + right,
    '-': left - right,
  }
  return operations[node.operator]
}

/** What is expected of: the argument of `expect`, whatever stands between it and the matcher. */
function receiverOf({ callee }: Call): Argument | undefined {
  let node = callee
  while (node.type === 'MemberExpression') node = node.object
  return node.type === 'CallExpression' ? node.arguments[0] : undefined
}

/** The arm that an expression stands for, as far as it can be read: by its name, or as one of the treatments. */
function armOf(node: Argument | undefined, names: Names, member = false): Pick<StatedLimit, 'arm' | 'treatments'> {
  if (node?.type === 'Identifier') {
    const known = names.get(node.name)
    return known && known.value !== node ? armOf(known.value, withoutName(names, node.name), known.member) : {}
  }
  if (node?.type === 'CallExpression' && node.callee.type === 'MemberExpression' && !member) {
    const { property } = node.callee
    const name = textOf(node.arguments[0])
    return property.type === 'Identifier' && property.name === 'arm' && name !== undefined ? { arm: name } : {}
  }
  if (node?.type !== 'MemberExpression') return {}
  if (node.computed && !member) return armOf(node.object, names, true)
  const { property } = node
  return member && property.type === 'Identifier' && property.name === 'treatments' ? { treatments: true } : {}
}

function withoutName(names: Names, name: string): Names {
  return new Map([...names].filter(([known]) => known !== name))
}
