import { type parseSync, Visitor } from 'rolldown/utils'

export type Program = ReturnType<typeof parseSync>['program']
type Handlers = ConstructorParameters<typeof Visitor>[0]
export type Call = Parameters<NonNullable<Handlers['CallExpression']>>[0]
export type Expression = Call['callee']
export type Argument = Call['arguments'][number]

/** A piece of a source, by its first character and the one after its last. */
export interface Span {
  start: number
  end: number
}

export const within = (outer: Span, { start, end }: Span) => start >= outer.start && end <= outer.end

/** The text of a literal; undefined of anything that is not known before it runs. */
export function textOf(node: Argument | undefined): string | undefined {
  if (node?.type === 'Literal' && typeof node.value === 'string') return node.value
  if (node?.type === 'TemplateLiteral' && node.expressions.length === 0)
    return node.quasis[0]?.value.cooked ?? undefined
  return undefined
}

/** The name of what is called in the end: `test` of `test.for([1])('…', …)`. */
function rootOf(callee: Expression): string | undefined {
  if (callee.type === 'Identifier') return callee.name
  if (callee.type === 'MemberExpression') return rootOf(callee.object)
  return callee.type === 'CallExpression' ? rootOf(callee.callee) : undefined
}

const groups = ['describe', 'suite']

/** The calls that make a test: a title, and what to run. `named`: whether it can be the one of that name. */
export function testsOf(program: Program, name: string): (Span & { named: boolean })[] {
  const tests: (Span & { named: boolean })[] = []
  new Visitor({
    CallExpression({ start, end, callee, arguments: [title, ...rest] }) {
      if (groups.includes(rootOf(callee) ?? '') || !rest.some(isFunction)) return
      const pattern = title && titlePattern(title, callee.type === 'CallExpression')
      if (pattern) tests.push({ start, end, named: pattern.test(name) })
    },
  }).visit(program)
  return tests
}

const isFunction = ({ type }: Argument) => type === 'ArrowFunctionExpression' || type === 'FunctionExpression'

/** What a title can become: of a template anything where it has an expression, of a list of cases where vitest fills it in. */
function titlePattern(title: Argument, ofCases: boolean): RegExp | undefined {
  const parts = title.type === 'TemplateLiteral' ? title.quasis.map(({ value }) => value.cooked ?? '') : [textOf(title)]
  if (parts.some((part) => part === undefined)) return undefined
  const filledIn = (part: string) => (ofCases ? part.split(/%[a-z#%$]|\$[\w.]+/) : [part])
  const literal = parts
    .flatMap((part) => filledIn(part as string))
    .map((part) => part.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&'))
  return new RegExp(`^${literal.join('.*')}$`, 's')
}

/** What names stand for within a piece of a source: the values of constants, and the lists whose members they are. A name with two is left out. */
export function namesIn(program: Program, span: Span): Map<string, { value: Expression; member: boolean }> {
  const names = new Map<string, { value: Expression; member: boolean }[]>()
  const add = (name: string, value: Expression, member: boolean) =>
    names.set(name, [...(names.get(name) ?? []), { value, member }])
  new Visitor({
    VariableDeclarator({ id, init, ...node }) {
      if (id.type === 'Identifier' && init && within(span, node)) add(id.name, init, false)
    },
    ForOfStatement({ left, right, ...node }) {
      if (left.type !== 'VariableDeclaration' || !within(span, node)) return
      const [declared] = left.declarations
      if (declared?.id.type === 'Identifier') add(declared.id.name, right, true)
    },
  }).visit(program)
  return new Map([...names].flatMap(([name, [only, ...more]]) => (only && more.length === 0 ? [[name, only]] : [])))
}
