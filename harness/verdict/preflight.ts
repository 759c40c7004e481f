import { parseSync, Visitor } from 'rolldown/utils'
import { indicatorNames, indicatorOf } from '../../reports/indicators.ts'
import { HarnessError } from '../errors.ts'

const matchers = ['toMeetObjectives', 'toAddAtMost', 'toKeepAtLeast']

/**
 * Finds objectives on indicators that do not exist in a suite's source, so that nobody waits for a run to learn of a typing error.
 * Names that are computed are left to the matcher itself. Returns a line for each, with its place.
 */
export function unknownIndicators(file: string, source: string): string[] {
  const wrong: string[] = []
  const { program } = parseSync(file, source)
  new Visitor({
    CallExpression({ callee, arguments: [objectives] }) {
      if (callee.type !== 'MemberExpression' || callee.property.type !== 'Identifier') return
      if (!matchers.includes(callee.property.name) || objectives?.type !== 'ObjectExpression') return
      for (const property of objectives.properties) {
        if (property.type !== 'Property' || property.computed) continue
        const { key } = property
        const name = key.type === 'Identifier' ? key.name : key.type === 'Literal' ? String(key.value) : null
        if (name !== null && !indicatorOf(name))
          wrong.push(
            `  ${file}:${source.slice(0, key.start).split('\n').length}: ${callee.property.name} names ${JSON.stringify(name)}`,
          )
      }
    },
  }).visit(program)
  return wrong
}

/** Throws HarnessError CONFIG_INVALID naming every unknown indicator in these suites and the ones there are. */
export function checkIndicators(suites: { file: string; source: string }[]): void {
  const wrong = suites.flatMap(({ file, source }) => unknownIndicators(file, source))
  if (wrong.length > 0)
    throw new HarnessError('CONFIG_INVALID', `no such indicator:\n${wrong.join('\n')}\nindicators: ${indicatorNames()}`)
}
