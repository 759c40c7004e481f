import { median, written } from '../../reports/numbers.ts'
import { clopperPearson } from '../verdict/statistics/binomial.ts'
import { type PlantName, plantNames, plants } from './plants.ts'
import { type Neighbour, neighbours, type Question, type Rule, type Run, rules } from './runs.ts'

const sources = ['live', 'redrawn'] as const

const ruleTitles: Record<Rule, string> = {
  paired: 'paired',
  slices: 'slices',
  trials: 'trials, 10 × 5 s an arm',
  'one run': 'one run of 30 s, + 10 %',
  gate: 'gate, both at once, + 3 %',
  'gate of records': 'gate of records, 3 beside 12, + 5 %',
  'pooled requests': 'requests of 3 runs beside 12, one test',
}

const neighbourTitles: Record<Neighbour, string> = { none: '–', steady: 'half a core', bursts: 'bursts' }

/** How often, of how many, with the 95 % interval: "3/120 [0.5, 7.1] %". */
export function rateText(runs: readonly Run[], counts: (run: Run) => boolean): string {
  if (runs.length === 0) return ''
  const failed = runs.filter(counts).length
  const { low, high } = clopperPearson({ failed, all: runs.length })
  const [from, to] = [low, high].map((share) => written(Number((100 * share).toPrecision(2))))
  return `${failed}/${runs.length} [${from}, ${to}] %`
}

interface Column {
  title: string
  cell(runs: readonly Run[]): string
}

const of = (runs: readonly Run[], question: Question) => runs.filter((run) => run.question === question)
export const isOpen = ({ answer }: Run) => answer === 'inconclusive' || answer === 'invalid'

const found = (name: PlantName): Column => ({
  title: plants[name].title,
  cell: (runs) => rateText(of(runs, name), ({ answer }) => answer === 'fail'),
})

const columns: Column[] = [
  { title: 'false fail', cell: (runs) => rateText(of(runs, 'same'), ({ answer }) => answer === 'fail') },
  {
    title: 'false fail of a budget',
    cell: (runs) => rateText(of(runs, 'budget'), ({ answer }) => answer === 'fail'),
  },
  { title: 'no answer to it', cell: (runs) => rateText(of(runs, 'budget'), isOpen) },
  ...plantNames.map(found),
  { title: 'seconds to an answer', cell: (runs) => secondsText(runs.filter((run) => !isOpen(run))) },
]

/** Of runs that have one: the middle, and what nine of ten need at most. */
function secondsText(runs: readonly Run[]): string {
  const seconds = runs.map((run) => run.seconds).sort((a, b) => a - b)
  const most = seconds[Math.ceil(0.9 * seconds.length) - 1]
  return most === undefined ? '' : `${Math.round(median(seconds) ?? 0)}, 9 of 10 ≤ ${Math.round(most)}`
}

const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
const markdown = (titles: readonly string[], rows: readonly string[][]) =>
  [titles, titles.map(() => '---'), ...rows].map(line).join('\n')

/** A Markdown table: a row for each rule, source and neighbour of which there are runs. */
export function trustTable(runs: readonly Run[]): string {
  const rows = sources.flatMap((from) =>
    rules.flatMap((rule) =>
      neighbours.flatMap((neighbour) => {
        const some = runs.filter((run) => run.from === from && run.rule === rule && run.neighbour === neighbour)
        if (some.length === 0) return []
        return [[ruleTitles[rule], from, neighbourTitles[neighbour], ...columns.map(({ cell }) => cell(some))]]
      }),
    ),
  )
  return markdown(['rule', 'runs', 'neighbour', ...columns.map(({ title }) => title)], rows)
}

const shortPlants: PlantName[] = ['busy5', 'busy25', 'pause1ms', 'pause25']

/** The same for a document: all neighbours together, live and redrawn runs together, and intervals where they matter most. */
export function shortTable(runs: readonly Run[]): string {
  const fails = ({ answer }: Run) => answer === 'fail'
  const countText = (some: readonly Run[]) => (some.length === 0 ? '' : `${some.filter(fails).length}/${some.length}`)
  const rows = rules.flatMap((rule) =>
    [false, true].flatMap((disturbed) => {
      const some = runs.filter((run) => run.rule === rule && (run.neighbour !== 'none') === disturbed)
      if (some.length === 0) return []
      const found = shortPlants.map((name) => countText(of(some, name)))
      const figures = [rateText(of(some, 'same'), fails), ...found, rateText(of(some, 'budget'), isOpen)]
      return [[`${ruleTitles[rule]}${disturbed ? ', neighbour' : ''}`, ...figures]]
    }),
  )
  return markdown(
    ['rule', 'false fail', ...shortPlants.map((name) => plants[name].title), 'no answer to a budget'],
    rows,
  )
}
