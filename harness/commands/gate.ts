import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Command } from 'commander'
import { execa } from 'execa'
import { z } from 'zod'
import { writeReports } from '../../reports/formats/write.ts'
import { gateLines } from '../../reports/gate-words.ts'
import type { RunRecord } from '../../reports/record.ts'
import { endingText } from '../../reports/run-line.ts'
import { defaultStore } from '../../reports/store/location.ts'
import { runName } from '../../reports/store/run-name.ts'
import type { Store } from '../../reports/store/store.ts'
import { loadRecord } from '../../reports/store.ts'
import { renderSummary } from '../../reports/terminal.ts'
import type { Budget } from '../budgets/budget.ts'
import { dashed, fields, parseConfig } from '../config.ts'
import { HarnessError } from '../errors.ts'
import { exitCodes } from '../exit-codes.ts'
import { againArguments, isCheckedOut, judgeWithAgain } from '../gate/again.ts'
import { differenceKinds } from '../gate/differences.ts'
import { type Judgement, judgeRuns, mostAgain } from '../gate/gate.ts'
import { newerThan, recordsOf, windowOf } from '../gate/inputs.ts'
import { sourceOf } from '../run/source.ts'
import { openRuns } from '../run/store.ts'
import { makeFolder } from '../writable.ts'
import { number } from './number.ts'
import { projectBudgets } from './project-budgets.ts'
import { storeOption } from './store-option.ts'

const flagsSchema = fields({
  control: z.array(z.string()).default([]),
  candidate: z.array(z.string()).min(1).default(['latest']),
  store: z.string().optional(),
  window: z.int({ error: 'a whole number of runs' }).min(1, 'at least 1').max(1000, 'at most 1000').optional(),
  again: z.int({ error: 'a whole number' }).min(0, 'at least 0').max(mostAgain, `at most ${mostAgain}`).optional(),
  allowDifferent: z.array(z.enum(differenceKinds, { error: `one of: ${differenceKinds.join(', ')}` })).default([]),
  out: z.string().min(1, 'a folder').optional(),
  json: z.boolean().default(false),
}).refine(({ control, window }) => control.length === 0 || window === undefined, {
  path: ['window'],
  error: 'none, where --control names the runs',
})
type Flags = z.output<typeof flagsSchema>

export const gateCommand = () =>
  new Command('gate')
    .description('Judge runs beside earlier runs: fails when a budget over a baseline is broken.')
    .option(
      '--control <runs...>',
      'what the candidate is set beside: ids, folders or files of records (default: a window of the store)',
    )
    .option('--candidate <runs...>', 'what is judged: ids, folders or files of records (default: latest)')
    .addOption(storeOption())
    .option(
      '--window <n>',
      'so many of the last runs of the store before the candidate that are like it (default: as budgets say, else 20)',
      number,
    )
    .option(
      '--again <n>',
      `measure the candidate again, at most so often, before it fails or when it has too few runs (default: 2 where its commit is checked out, else 0; at most ${mostAgain})`,
      number,
    )
    .option(
      '--allow-different <list>',
      `what may differ between the runs, comma-separated: ${differenceKinds.join(', ')}`,
      (list) => list.split(','),
    )
    .option(
      '--out <dir>',
      `folder for the record with its verdicts, and its reports (default: ${defaultStore}/<candidate>-gate)`,
    )
    .option('--json', 'the outcome and the verdicts')
    .addHelpText(
      'after',
      `
A run is one value: one that was slow by chance is no regression. All limits of a gate together are broken falsely in at most 1 % of gates;
too few runs are inconclusive (exit code 3), and it is told how many would do.

Examples:
  meshmark gate                                     the latest run beside the last 20 like it
  meshmark gate --window 50 --store s3://team/meshmark
  meshmark gate --control main-* --candidate branch-1 branch-2 --again 3
  meshmark gate --allow-different versions          what a new version of a mesh costs`,
    )
    .action((flags: Record<string, unknown>) =>
      gate(
        parseConfig(flagsSchema, flags, 'gate', ([field = '', ...inner]) => ({
          name: [dashed(String(field)), ...inner].join('.'),
        })),
      ),
    )

async function gate(flags: Flags): Promise<void> {
  using stores = new DisposableStack()
  let opened: Promise<Store> | undefined
  const store = () => {
    opened ??= openRuns(flags.store).then((one) => stores.use(one))
    return opened
  }
  const candidate = await recordsOf(flags.candidate, store)
  const newest = candidate.at(-1) as RunRecord
  const budgets = await projectBudgets()
  const { records: control, leftOut } = await controlOf(flags, candidate, budgets, store)
  for (const line of leftOut) process.stderr.write(`${line}\n`)
  const unreadable = (await (await opened)?.unreadable()) ?? []
  for (const { path, reason } of unreadable) process.stderr.write(`meshmark: left out, ${path}: ${reason}\n`)
  const newer = newerThan(newest.run.id, unreadable)
  if (newer && flags.candidate.includes('latest'))
    throw new HarnessError(
      'CONFIG_INVALID',
      `the latest run cannot be read, ${newer.path}: name what is judged with --candidate, such as ${newest.run.id}`,
    )
  const settings = {
    budgets,
    allowed: flags.allowDifferent,
    windows: flags.control.length === 0 && flags.window === undefined,
  }
  // What is refused is so before anything is written.
  judgeRuns({ control, candidate }, settings)
  const out = flags.out ?? join(defaultStore, `${runName(newest)}-gate`)
  makeFolder(flags.out === undefined ? `${out}, which --out can replace,` : `--out ${out}`, out)

  const again = { times: await timesFor(flags, newest), tell: (line: string) => void process.stderr.write(`${line}\n`) }
  const judged = await judgeWithAgain({ control, candidate }, settings, {
    ...again,
    run: (nth) => runAgain(newest, freeFolder(out, newest, nth), flags.store),
  })
  await conclude(judged, out, flags.json)
}

/** Those that were named, else a window of the store: as large as the largest that a budget asks for. */
async function controlOf(
  { control, window, allowDifferent }: Flags,
  candidate: readonly RunRecord[],
  budgets: readonly Budget[],
  store: () => Promise<Store>,
) {
  if (control.length > 0) return { records: await recordsOf(control, store), leftOut: [] }
  const asked = budgets.flatMap(({ form, window }) => (form === 'baseline' && window !== null ? [window] : []))
  const size = window ?? Math.max(usualWindow, ...asked)
  const found = await windowOf(await store(), candidate, size, allowDifferent)
  if (found.records.length > 0) return found
  const why = found.leftOut.length > 0 ? `\n${found.leftOut.map((line) => `  ${line}`).join('\n')}` : ''
  throw new HarnessError(
    'CONFIG_INVALID',
    `no run in ${(await store()).location} before the candidate is like it: name what it is set beside with --control${why}`,
  )
}

const usualWindow = 20

/** By itself only what is checked out as it was measured is measured again: anything else would be another candidate. */
async function timesFor({ again }: Flags, { run }: RunRecord): Promise<number> {
  if (again !== undefined) return again
  return isCheckedOut(run.source, await sourceOf(process.cwd())) ? 2 : 0
}

/** Beside the gate's own folder, so that a store that is this folder has them too. */
function freeFolder(out: string, candidate: RunRecord, nth: number): string {
  const named = (n: number) => join(dirname(out), `${runName(candidate)}-again-${n}`)
  let n = nth
  while (existsSync(named(n))) n++
  return named(n)
}

/** Another run of the candidate's suites with its options, by this command line. Throws HarnessError LOAD_FAILED where it leaves no record. */
async function runAgain(candidate: RunRecord, out: string, store?: string): Promise<RunRecord> {
  const args = againArguments(candidate)
  if (!args)
    throw new HarnessError(
      'CONFIG_INVALID',
      `run ${candidate.run.id} cannot be repeated: its command is ${JSON.stringify(candidate.run.command)}`,
    )
  const cli = join(import.meta.dirname, `cli${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`)
  const to = [...args, '--out', out, ...(store === undefined ? [] : ['--store', store])]
  // What it shows is no result of this command.
  const ended = await execa(process.execPath, [cli, ...to], {
    reject: false,
    stdin: 'ignore',
    stdout: process.stderr,
    stderr: 'inherit',
  })
  const again = await loadRecord(out).catch((cause) => {
    const how = ended.exitCode === undefined ? `signal ${ended.signal}` : `exit code ${ended.exitCode}`
    throw new HarnessError(
      'LOAD_FAILED',
      `measuring the candidate again left no record (${how}): ${ended.escapedCommand}`,
      { cause },
    )
  })
  return again
}

async function conclude({ record, verdicts }: Judgement, out: string, json: boolean): Promise<void> {
  const { run, experiments } = record
  const { files, failures } = await writeReports(record, out)
  const { isTTY, columns = 100 } = process.stdout
  const options = { colour: isTTY && process.stdout.hasColors(), columns, cluster: run.cluster.provider }
  if (json)
    process.stdout.write(
      `${JSON.stringify({ outcome: run.outcome, gate: run.gate, verdicts, record: files[0] ?? null }, null, 2)}\n`,
    )
  else {
    const judged = experiments.filter((one) => one.verdicts.some(({ kind }) => kind === 'baseline'))
    process.stdout.write(judged.map((experiment) => `\n${renderSummary(experiment, options)}\n`).join(''))
    process.stdout.write(`\n${gateLines(record).join('\n')}${endingText(record, files)}`)
  }
  for (const failure of Object.values(failures)) process.stderr.write(`meshmark: ${failure}\n`)
  process.exitCode = failures.json ? exitCodes.invalid : exitCodes[run.outcome]
}
