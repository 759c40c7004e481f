import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The repository's folder. */
export const root = join(import.meta.dirname, '..')
export const read = (file: string) => readFileSync(join(root, file), 'utf8')

const kiB = 1024
/** Every document, and the most bytes it may have. */
export const limits: Record<string, number> = {
  'README.md': 7 * kiB,
  'CHANGELOG.md': 8 * kiB,
  '.github/ARCHITECTURE.md': 8 * kiB,
  '.github/CONTRIBUTING.md': 8 * kiB,
  'clusters/README.md': 8 * kiB,
  'ebpf/README.md': 8 * kiB,
  'ebpf/attribution/README.md': 8 * kiB,
  'ebpf/scheduler/README.md': 8 * kiB,
  'fixtures/README.md': 8 * kiB,
  'harness/budgets/README.md': 8 * kiB,
  'harness/compare/README.md': 8 * kiB,
  'harness/contention/README.md': 8 * kiB,
  'harness/gate/README.md': 8 * kiB,
  'harness/load/README.md': 8 * kiB,
  'harness/peers/README.md': 8 * kiB,
  'harness/probes/README.md': 8 * kiB,
  'harness/tools/README.md': 8 * kiB,
  'harness/verdict/README.md': 8 * kiB,
  'harness/verdict/statistics/README.md': 8 * kiB,
  'reports/README.md': 8 * kiB,
  'reports/store/README.md': 8 * kiB,
  'suites/README.md': 8 * kiB,
}
export const documents = Object.keys(limits)

/** A document without what is between fences. */
export const prose = (file: string) => read(file).replaceAll(/```[\s\S]*?```/g, '')

/** The texts between fences of this language, each with the line before its fence. */
export const blocks = (file: string, language: string) =>
  [...read(file).matchAll(new RegExp(`(.*)\\n+\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map(
    ([, before = '', text = '']) => ({ before, text }),
  )

/** What is below a heading, up to the next one. */
export const section = (file: string, heading: string) =>
  new RegExp(`^#+ ${heading}\\n([\\s\\S]*?)(?=^#|(?![\\s\\S]))`, 'm').exec(prose(file))?.[1] ?? ''

/** The rows of the tables whose first column has this heading, each as its cells. */
export function rows(file: string, heading: string): string[][] {
  const tables = prose(file).split(/\n(?!\|)/)
  const cellsOf = (row: string) =>
    row
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim())
  return tables
    .map((table) =>
      table
        .split('\n')
        .filter((line) => line.startsWith('|'))
        .map(cellsOf),
    )
    .filter(([head]) => head?.[0] === heading)
    .flatMap((table) => table.slice(2))
}

/** The names that stand as code in the first column of those tables. */
export const names = (file: string, heading: string) => rows(file, heading).flatMap(([cell = '']) => codeIn(cell))

/** What a text has as code. */
export const codeIn = (text: string) => [...text.matchAll(/`([^`]+)`/g)].map(([, code]) => code as string)
