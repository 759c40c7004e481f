import { accessSync, constants, existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Command } from 'commander'
import type { Vitest } from 'vitest/node'
import { offlineVariable } from '../../clusters/mesh-cli/offline.ts'
import { providerNames } from '../../clusters/providers/index.ts'
import { probeNames } from '../../ebpf/probes/index.ts'
import { designs, type RunRecord } from '../../reports/record.ts'
import { storeVariable } from '../../reports/store/location.ts'
import { loadRecord } from '../../reports/store.ts'
import { unmatchedBudgets } from '../budgets/unmatched.ts'
import { HarnessError } from '../errors.ts'
import { exitCodes, isMisconfiguration } from '../exit-codes.ts'
import type { RunSettings } from '../run/context.ts'
import { overridesVariable, parseOptions } from '../run/options.ts'
import { number } from './number.ts'
import { clusterSettingsOf, type ProviderFlags } from './provider-flags.ts'

interface RunFlags extends ProviderFlags {
  offline?: true
  mesh?: string[]
  profile?: string
  design?: string
  maxDuration?: string
  shareCores?: true
  probe?: string[]
  probePods?: true
  seed?: number | string
  out?: string
  store?: string
}

const projectName = 'meshmark'

export const runCommand = () =>
  new Command('run')
    .description('Run suites: deploy every arm, measure, judge, and write the reports.')
    .argument('[suites...]', 'names of suites, such as http; all of them when none is named')
    .option('--cluster <provider>', `where to run: auto, ${providerNames.join(', ')} (default: auto)`)
    .option('--keep', 'leave the cluster behind (kind)')
    .option('--reuse <name>', 'use the cluster of this name, making it if need be, and leave it behind (kind)')
    .option('--kubeconfig <file>', "another file than the user's own (kubeconfig)")
    .option('--context <name>', 'another context than the current one (kubeconfig)')
    .option('--mesh <list>', 'arms of the experiments, comma-separated (default: baseline,envoy)', (list) =>
      list.split(','),
    )
    .option(
      '--profile <name>',
      'how much to measure at most: smoke (16 s), standard (100 s), thorough (10 min) an experiment (default: standard)',
    )
    .option(
      '--design <name>',
      `how arms share the time: ${designs.join(', ')}; what can only have trials keeps them (default: what there is room for)`,
    )
    .option(
      '--max-duration <time>',
      'the longest time that an experiment measures, such as 60s (default: the profile’s)',
    )
    .option('--share-cores', 'let the load run on the cores of what it loads, however many there are')
    .option(
      '--probe <list>',
      `kernel probes that watch every arm, comma-separated: ${probeNames.join(', ')} (Linux, root and bpftrace)`,
      (list) => list.split(','),
    )
    .option('--probe-pods', 'let probes run in privileged pods on the nodes of a cluster elsewhere (kubeconfig)')
    .option('--seed <n>', 'decides the order of trials, so that a run can be repeated (default: drawn)', number)
    .option('--offline', `fetch no mesh's programs: only what is on PATH and in the cache (or ${offlineVariable}=1)`)
    .option(
      '--out <dir>',
      'folder for record.json, report.html, results.csv, allure-results/ (default: meshmark-results/<run id>)',
    )
    .option(
      '--store <place>',
      `folder or s3://bucket/prefix to which the record is added as well (default: ${storeVariable}, else none)`,
    )
    .addHelpText(
      'after',
      `
Examples:
  meshmark run
  meshmark run http --profile smoke --out results
  meshmark run http --mesh baseline,envoy --seed 7
  meshmark run http --design slices --max-duration 60s
  meshmark run http --probe runqueue,requests,arrival
  meshmark run paths churn --cluster kind --mesh baseline

An experiment ends as soon as every limit of its suite is clear. Deploying the arms, and making a cluster, come on top.`,
    )
    .action(run)

async function run(suites: string[], flags: RunFlags): Promise<void> {
  const { keep, reuse, kubeconfig, context, offline, probe, ...rest } = flags
  const overrides = {
    ...rest,
    ...(probe ? { probes: probe } : {}),
    ...(suites.length > 0 ? { suites } : {}),
    ...clusterSettingsOf(flags),
  }
  // Wrong flags end here, before vitest starts; the plugin checks them again together with the project's configuration.
  const typed = JSON.stringify(overrides)
  parseOptions({}, typed)
  process.env[overridesVariable] = typed
  if (offline) process.env[offlineVariable] = '1'
  exitOnSignals(keep || reuse !== undefined || rest.cluster === 'kubeconfig')

  const vitest = await open()
  try {
    await vitest.start()
    const { record, unstored } = await leftBy(vitest)
    // What was measured before one of its tests was refused is told by the record's own outcome.
    const misuse = errorsOf(vitest).some(isMisconfiguration) && !record?.experiments.some(({ arms }) => arms.length > 0)
    const outcome = record?.run.outcome ?? 'invalid'
    // A budget that was on nothing is wrong use, but hides no answer that is worse.
    const idle = record && unmatchedBudgets(settingsOf(vitest).meshmarkRun.options.budgets, record).length > 0
    process.exitCode =
      misuse || (idle && outcome === 'pass' && !unstored)
        ? exitCodes.usage
        : unstored
          ? exitCodes.invalid
          : exitCodes[outcome]
  } finally {
    await vitest.close()
  }
}

/** What the plugin has decided, and its reporter has left. */
export const settingsOf = ({ projects }: Vitest) =>
  (projects[0] as Vitest['projects'][number]).getProvidedContext() as {
    meshmarkRun: RunSettings
    meshmarkUnstored?: true
  }

/** What the reporter has written of the run, and whether its store lacks it. A record that is lost, which the reporter has told, says nothing. */
async function leftBy(vitest: Vitest): Promise<{ record: RunRecord | null; unstored: boolean }> {
  const context = settingsOf(vitest)
  const { id, out } = context.meshmarkRun
  const record = await loadRecord(out).catch(() => null)
  return { record: record?.run.id === id ? record : null, unstored: context.meshmarkUnstored === true }
}

/** All that went wrong, as vitest kept it: plain objects with the errors' own fields. */
function errorsOf({ state }: Vitest): unknown[] {
  const modules = state.getTestModules()
  const tests = modules.flatMap(({ children }) => [...children.allTests()])
  return [...modules.flatMap((module) => module.errors()), ...tests.flatMap((test) => test.result().errors ?? [])]
}

/** Vitest with the suites' project alone, watching nothing. Throws HarnessError CONFIG_INVALID where the plugin is missing. */
export async function open(): Promise<Vitest> {
  // Loading vitest takes longer than most commands need in all.
  const { createVitest } = await import('vitest/node')
  let checked = false
  const needsPlugin = {
    name: `${projectName}-required`,
    configResolved({ plugins }: { plugins: readonly { name: string }[] }) {
      // The first configuration is the folder's own; those of its projects follow.
      if (!checked && !plugins.some(({ name }) => name === projectName))
        throw new HarnessError('CONFIG_INVALID', noPlugin)
      checked = true
    },
  }
  const options = { watch: false, run: true, project: projectName, configLoader: configLoader() }
  return createVitest('test', options, { plugins: [needsPlugin] })
}

/** Vite compiles the configuration into the nearest node_modules. Where that cannot be written, Node takes the configuration as it is. */
function configLoader(): 'bundle' | 'native' {
  try {
    accessSync(compiledConfigFolder(), constants.W_OK)
    return 'bundle'
  } catch {
    return 'native'
  }
}

function compiledConfigFolder(folder = process.cwd()): string {
  const [modules, compiled] = [join(folder, 'node_modules'), join(folder, 'node_modules', '.vite-temp')]
  if (existsSync(compiled)) return compiled
  if (existsSync(modules)) return modules
  return folder === dirname(folder) ? process.cwd() : compiledConfigFolder(dirname(folder))
}

const noPlugin = `no meshmark plugin in this folder's vitest configuration. Write a vitest.config.ts:

  import { meshmark } from 'meshmark/plugin'
  import { defineConfig } from 'vitest/config'
  export default defineConfig({ plugins: [meshmark()] })`

/**
 * Vitest would exit with a code per signal; here one code means "interrupted". Clean-up handlers of the run come before this one. Removing
 * namespaces takes longer than a process has that was asked to end.
 */
function exitOnSignals(clusterStays: boolean): void {
  const left = clusterStays
    ? 'what the run started on this machine is gone, what it made in the cluster goes with the next run, or meshmark clean'
    : 'all that the run started is gone'
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => {
      process.stderr.write(`\ninterrupted: ${left}\n`)
      process.exit(exitCodes.interrupted)
    })
}
