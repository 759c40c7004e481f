import { Command, Option } from 'commander'
import { z } from 'zod'
import type { Figure } from '../../reports/figures.ts'
import type { History } from '../../reports/history.ts'
import { indicatorNames, indicatorOf } from '../../reports/indicators.ts'
import type { Store } from '../../reports/store/store.ts'
import { writeWhole } from '../../reports/write-file.ts'
import { fields, parseConfig } from '../config.ts'
import { HarnessError } from '../errors.ts'
import { openRuns } from '../run/store.ts'
import { historyOf, usualWindow } from '../verdict/history/history.ts'
import { seriesOf } from '../verdict/history/series.ts'
import { checkFile } from '../writable.ts'
import { withCommits } from './history-commits.ts'
import { historiesText, paintFor, runsTable } from './history-text.ts'
import { number } from './number.ts'
import { storeOption } from './store-option.ts'

const runs = z.int({ error: 'a whole number' }).min(1, 'at least 1')
const flagsSchema = fields({
  store: z.string().optional(),
  indicator: z
    .string()
    .refine((name) => indicatorOf(name) !== undefined, `one of ${indicatorNames()}`)
    .optional(),
  arm: z.string().min(1, 'the name of an arm').optional(),
  environment: z.string().min(1, 'a key, as --json has it').optional(),
  limit: runs.optional(),
  window: runs.default(usualWindow),
  runs: z.boolean().optional(),
  json: z.boolean().optional(),
  html: z.string().min(1, 'a file').optional(),
})
type Flags = z.output<typeof flagsSchema>

export const historyCommand = () =>
  new Command('history')
    .description('Say of each figure where it changed from run to run, and what the latest run is to be seen beside.')
    .argument('[suite]', 'only this suite')
    .addOption(storeOption())
    .option('--indicator <name>', 'only this one (default: those of the summary of a run, and those that changed)')
    .option('--arm <name>', 'only this arm')
    .option('--environment <key>', 'runs of these machines and clusters (default: those of the newest run)')
    .option('--limit <n>', 'the newest runs alone (default: all)', number)
    .option('--window <n>', `runs of a baseline, at most (default: ${usualWindow})`, number)
    .option('--runs', 'a list of the runs, the newest first')
    .option('--json', 'one JSON object, with every figure')
    .addOption(
      new Option('--html <file>', 'a page with a chart of each figure, to this file').conflicts(['json', 'runs']),
    )
    .addHelpText(
      'after',
      `
A treatment is shown by its ratio to the control of the same run, which leaves out what the machine did to both; others by their
values. Runs on other machines, or of other loads and settings, are counted and left out. A change stays one event, however many
runs follow; the run that makes it certain is the only one to call it new.

Examples:
  meshmark history
  meshmark history http --indicator p99Ms --arm envoy
  meshmark history --runs --limit 20
  meshmark history http --html history.html
  meshmark history --store s3://team/meshmark --json`,
    )
    .action(history)

async function history(suite: string | undefined, given: object): Promise<void> {
  const flags = parseConfig(flagsSchema, given, 'meshmark history', ([flag]) => ({ name: `--${String(flag)}` }))
  if (flags.html !== undefined) checkFile(`--html ${flags.html}`, flags.html)
  using store = await openRuns(flags.store)
  const text = (await emptyText(store, suite)) ?? (await (flags.runs ? runsOf : historiesOf)(store, suite, flags))
  process.stdout.write(text)
  for (const { path, reason } of await store.unreadable())
    process.stderr.write(`meshmark: left out, ${path}: ${reason}\n`)
}

/** Null where there are runs of the suite. Throws HarnessError CONFIG_UNKNOWN where there are only others. */
async function emptyText(store: Store, suite?: string): Promise<string | null> {
  const all = await store.runs()
  if (all.length === 0)
    return `no runs in ${store.location} yet: meshmark run leaves its own in meshmark-results, meshmark store add takes in others\n`
  const suites = [...new Set(all.flatMap((run) => run.suites))].sort()
  if (suite === undefined || suites.includes(suite)) return null
  throw new HarnessError(
    'CONFIG_UNKNOWN',
    `no runs of suite ${suite} in ${store.location}: it has ${suites.join(', ')}`,
  )
}

async function runsOf(store: Store, suite: string | undefined, { environment, limit, json }: Flags): Promise<string> {
  const rows = await store.runs(defined({ suite, environment, limit }))
  return json ? `${JSON.stringify({ store: store.location, runs: rows })}\n` : runsTable(rows, paint())
}

async function historiesOf(store: Store, suite: string | undefined, flags: Flags): Promise<string> {
  const { arm, indicator, environment, limit, window, json, html } = flags
  const figures = await store.figures(defined({ suite, arm, indicator, environment, last: limit }))
  const all = await withCommits(seriesOf(figures).map((series) => historyOf(series, window)))
  if (json) return `${JSON.stringify({ store: store.location, histories: all })}\n`
  const shown = all.filter((one) => indicator !== undefined || isShown(one))
  if (shown.length === 0) return nothing(figures)
  if (html === undefined) return historiesText(shown, paint())
  // Its charts take longer to load than most histories.
  const { renderHistoryPage } = await import('../../reports/page/history.ts')
  await writeWhole(html, renderHistoryPage(shown))
  return `${html}\n`
}

const isShown = ({ indicator, events }: History) => events.length > 0 || indicatorOf(indicator)?.terminal !== undefined

const nothing = (figures: readonly Figure[]) =>
  figures.length === 0
    ? 'no run has such a figure: what was not measured, or cannot be trusted, gives none; --runs lists the runs\n'
    : 'no figure of a summary among them: --json has all\n'

const paint = () => paintFor(process.stdout.isTTY && process.stdout.hasColors())

/** Without what was not given. */
const defined = <T extends object>(filter: T) =>
  Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }
