import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { LineCounter, parseDocument } from 'yaml'
import { z } from 'zod'
import { fields, parseConfig } from '../config.ts'
import { HarnessError } from '../errors.ts'
import { type Budget, budgetInput, budgetsField } from './budget.ts'

/** In the root of a project. */
export const budgetsFile = 'meshmark.budgets.yaml'
/** Limits in it would be limits that nobody can break. */
const misnamed = 'meshmark.budgets.yml'

const fileSchema = fields({ budgets: budgetsField })

/** The JSON Schema (draft 2020-12) of the file, for editors. */
export const budgetsJsonSchema = () => ({
  ...z.toJSONSchema(fields({ budgets: z.array(budgetInput) }), { io: 'input' }),
  title: budgetsFile,
  description: 'Limits on what meshmark measures, kept outside of suites.',
})

/** The budgets of a project's file; none where there is no file. Throws HarnessError CONFIG_INVALID as `parseBudgets`, and of one with the other ending. */
export function readBudgets(root: string): Budget[] {
  const path = join(root, budgetsFile)
  try {
    return parseBudgets(readFileSync(path, 'utf8'), budgetsFile)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' && existsSync(join(root, misnamed)))
      throw new HarnessError('CONFIG_INVALID', `${misnamed} is not read: it has to be called ${budgetsFile}`)
    if (code === 'ENOENT') return []
    if (error instanceof HarnessError) throw error
    throw new HarnessError('CONFIG_INVALID', `${path} cannot be read: ${(error as Error).message}`, { cause: error })
  }
}

/** Budgets from the text of a file. Throws HarnessError CONFIG_INVALID that names every wrong field by its line, what was received and what is allowed. */
export function parseBudgets(text: string, file: string): Budget[] {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const broken = [...document.errors, ...document.warnings]
  if (broken.length > 0) {
    const told = broken.map(({ message, pos: [at] }) => `  ${file}:${place(lines, at)}: ${message}`)
    throw new HarnessError('CONFIG_INVALID', `${file} is no YAML\n${told.join('\n')}`)
  }
  /** Where a field stands, or the nearest that there is around it. */
  const called = (path: readonly PropertyKey[]) => {
    const around = path.map((_, i) => path.slice(0, path.length - i)).concat([[]])
    for (const one of around) {
      const node = one.length === 0 ? document.contents : document.getIn(one, true)
      const range = (node as { range?: [number, number, number] } | null | undefined)?.range
      if (range) return { name: `${file}:${place(lines, range[0])}: ${path.join('.') || '(the whole)'}` }
    }
    return { name: `${file}: ${path.join('.') || '(the whole)'}` }
  }
  return parseConfig(fileSchema, document.toJS() ?? {}, file, called).budgets
}

const place = (lines: LineCounter, at: number) => {
  const { line, col } = lines.linePos(at)
  return `${line}:${col}`
}
