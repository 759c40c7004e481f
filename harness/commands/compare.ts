import { Command } from 'commander'
import { offlineVariable } from '../../clusters/mesh-cli/offline.ts'
import { providerNames } from '../../clusters/providers/index.ts'
import { workloadNames } from '../../clusters/workloads/index.ts'
import { writeReports } from '../../reports/formats/write.ts'
import { designs } from '../../reports/record.ts'
import { endingText } from '../../reports/run-line.ts'
import { renderSummary } from '../../reports/terminal.ts'
import { defaultBudgets } from '../compare/budget.ts'
import { repeating } from '../compare/command.ts'
import { compareSides, planComparison } from '../compare/compare.ts'
import { parseCompare } from '../compare/options.ts'
import { sideLines } from '../compare/sides.ts'
import { dashed } from '../config.ts'
import { HarnessError } from '../errors.ts'
import { exitCodes } from '../exit-codes.ts'
import { protocolNames } from '../load/schemes.ts'
import { LiveLine } from '../run/live-line.ts'
import { parseOptions } from '../run/options.ts'
import { addToStore } from '../run/store.ts'
import { number } from './number.ts'
import { projectBudgets } from './project-budgets.ts'
import { clusterSettingsOf, type ProviderFlags } from './provider-flags.ts'
import { storeOption } from './store-option.ts'

const collect = (argument: string, others: string[] = []) => [...others, argument]

/** Of the flags, those that are the run's, and those that are the load's. */
interface CompareFlags extends ProviderFlags, Record<string, unknown> {
  offline?: true
  profile?: string
  design?: string
  maxDuration?: string
  seed?: number | string
  out?: string
  store?: string
  json?: true
  rate?: number | string
  closed?: true
  connections?: number | string
  protocol?: string
  path?: string
}

export const compareCommand = () =>
  new Command('compare')
    .description(
      'Measure two sides at once on this machine, and say whether one is slower; or show two runs beside each other.',
    )
    .argument('[a]', 'of two runs beside each other, the one: its id, or the path of its folder or record.json')
    .argument('[b]', 'and the other')
    .optionsGroup('Two commits of a project:')
    .option('--ref <ref>', 'the commit to compare with, such as main; checked out beside the working tree')
    .option('--candidate <ref>', 'another commit than the working tree as it is')
    .option('--build <command>', 'run on either side before it is started, such as "npm ci"; no shell takes part')
    .optionsGroup('What is started, on either side:')
    .option('--workload <what>', `the file of a service, or one of: ${workloadNames.join(', ')} (default: http-echo)`)
    .option('--ready <path>', 'a service is ready once GET on it is answered with 200 (default: /)')
    .option('--env <KEY=VALUE>', 'of its environment; may be repeated', collect)
    .optionsGroup('Two images, settings or environments:')
    .option('--control-image <image>', 'a container image (kind, kubeconfig)')
    .option('--candidate-image <image>', 'and the one that is compared with it')
    .option('--mesh <mesh>', 'the mesh of both sides (default: baseline, none)')
    .option('--control-setting <KEY=VALUE>', "of the control's mesh; may be repeated", collect)
    .option('--candidate-setting <KEY=VALUE>', "of the candidate's", collect)
    .option('--control-env <KEY=VALUE>', "of the control's environment alone; may be repeated", collect)
    .option('--candidate-env <KEY=VALUE>', "of the candidate's alone", collect)
    .optionsGroup('The verdict:')
    .option(
      '--budget <budget>',
      `how much worse the candidate may be, such as p50Ms:+5% or p99Ms:+2ms; may be repeated (default: ${defaultBudgets.join(', ')})`,
      collect,
    )
    .option('--again <n>', 'how often a close call is measured again before it fails, 0 to 3 (default: 1)', number)
    .option('--allow-same', 'compare a side with itself: what noise does')
    .optionsGroup('The load, the same on both sides:')
    .option('--rate <r>', 'requests a second (default: up to 1000, and half of what the slower side holds)', number)
    .option('--closed', 'the next request after the reply instead, as fast as they come')
    .option('-c, --connections <n>', 'connections (default: 32)', number)
    .option('--protocol <name>', `one of: ${protocolNames.join(', ')} (default: http)`)
    .option('--path <path>', 'of the requests, such as /api/items?n=3 (default: /)')
    .optionsGroup('The run:')
    .option('--cluster <provider>', `where: ${providerNames.join(', ')} (default: local; kind, with images)`)
    .option('--keep', 'leave the cluster behind (kind)')
    .option('--reuse <name>', 'use the cluster of this name, making it if need be, and leave it behind (kind)')
    .option('--kubeconfig <file>', "another file than the user's own (kubeconfig)")
    .option('--context <name>', 'another context than the current one (kubeconfig)')
    .option('--profile <name>', 'how much to measure at most: smoke (16 s), standard (100 s), thorough (10 min)')
    .option('--design <name>', `how the sides share the time: ${designs.join(', ')} (default: what there is room for)`)
    .option('--max-duration <time>', 'the longest time that is measured, such as 60s (default: the profile’s)')
    .option('--seed <n>', 'decides what is drawn, so that a run can be repeated (default: drawn)', number)
    .option('--offline', `fetch no mesh's programs (or ${offlineVariable}=1)`)
    .option('--out <dir>', 'folder for record.json, report.html, … (default: meshmark-results/<run id>)')
    .addOption(storeOption())
    .option('--json', 'of two runs, one JSON object')
    .addHelpText(
      'after',
      `
Examples:
  meshmark compare --ref main --workload server.js
  meshmark compare --ref v1.4.0 --candidate HEAD --build "npm ci" --workload dist/server.js --ready /healthz
  meshmark compare --ref main --build "go build -o app ." --workload app --budget p50Ms:+2% --budget p99Ms:+1ms
  meshmark compare --workload server.js --control-env CACHE=off --candidate-env CACHE=on --path /items
  meshmark compare --control-image shop:1 --candidate-image shop:2 --cluster kind
  meshmark compare --mesh envoy --control-setting mtls=off --candidate-setting mtls=strict
  meshmark compare 20261127 latest                  two runs that were made before, side by side

A service is given PORT and HOST by its environment. Both sides are deployed and loaded at the same time, so that noise falls on both.`,
    )
    .action(compare)

async function compare(a: string | undefined, b: string | undefined, flags: CompareFlags): Promise<void> {
  if (a !== undefined) return besideEachOther(a, b, flags)
  if (flags.json)
    throw new HarnessError('CONFIG_INVALID', 'meshmark compare: --json is of two runs: meshmark compare A B')
  const {
    cluster,
    keep,
    reuse,
    kubeconfig,
    context,
    offline,
    profile,
    design,
    maxDuration,
    seed,
    out,
    store,
    ...others
  } = flags
  const { rate, closed, connections, protocol, path, ...compared } = others
  if (closed && rate !== undefined)
    throw new HarnessError(
      'CONFIG_INVALID',
      'meshmark compare: a closed loop has no rate: leave out --rate or --closed',
    )
  const options = parseCompare(compared)
  const typed = {
    ...{ profile, design, maxDuration, seed, out, store, mesh: [options.mesh] },
    cluster: cluster ?? (options.controlImage === undefined ? 'local' : 'kind'),
    ...clusterSettingsOf(flags),
  }
  const run = parseOptions({}, JSON.stringify(typed), 'meshmark compare')
  const load = { ...defined({ connections, protocol, path }), ...(closed ? {} : { rate: rate ?? { atMost: 1000 } }) }
  if (offline) process.env[offlineVariable] = '1'
  // Only vitest can tell those of a configuration, which takes seconds.
  const budgets = options.ref === undefined || flags.budget !== undefined ? [] : await projectBudgets()
  const plan = await planComparison(options, load as never, run, process.cwd(), budgets)

  exitOnSignals()
  for (const line of sideLines(options, plan.commits)) process.stderr.write(`${line}\n`)
  const live = new LiveLine(process.stderr)
  const { record, error } = await compareSides(plan, (drawn) => repeating({ ...flags, seed: drawn }, plan.commits), {
    line: (line) => void process.stderr.write(`${line}\n`),
    progress: (progress) => live.show(progress),
  })
  live.clear()
  const written = await writeReports(record, plan.settings.out)
  const colour = process.stdout.isTTY === true && process.stdout.hasColors()
  const columns = process.stdout.columns ?? 100
  for (const experiment of record.experiments)
    process.stdout.write(`\n${renderSummary(experiment, { colour, columns, cluster: record.run.cluster.provider })}\n`)
  process.stdout.write(endingText(record, written.files))
  const place = await addToStore(record, plan.settings)
  if (place !== null) process.stdout.write(`  ${place}\n`)
  for (const failure of Object.values(written.failures)) process.stderr.write(`meshmark: ${failure}\n`)
  if (error) throw error
  process.exitCode = written.failures.json ? exitCodes.invalid : exitCodes[record.run.outcome]
}

async function besideEachOther(
  a: string,
  b: string | undefined,
  { store, json, ...others }: CompareFlags,
): Promise<void> {
  const [flag] = Object.keys(others)
  if (b === undefined) throw new HarnessError('CONFIG_INVALID', `meshmark compare ${a}: beside which other run?`)
  if (flag !== undefined)
    throw new HarnessError(
      'CONFIG_INVALID',
      `meshmark compare ${a} ${b}: ${dashed(flag)} is of a new run; of two that were made: --store, --json`,
    )
  // Only this form pays for loading the store.
  const { printRecords } = await import('./compare-records.ts')
  await printRecords(a, b, { store, json })
}

const defined = (fields: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))

/** What the run made is released by its own handler, which comes before this one. */
function exitOnSignals(): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => {
      process.stderr.write('\ninterrupted: what the run started on this machine is gone\n')
      process.exit(exitCodes.interrupted)
    })
}
