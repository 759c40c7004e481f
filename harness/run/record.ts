import { fingerprint } from '../../reports/environment.ts'
import { type RunRecord, recordSchemaVersion } from '../../reports/record.ts'
import { measuredMs } from '../../reports/units.ts'
import { version } from '../version.ts'
import type { RunContext } from './context.ts'
import type { Measurements } from './experiment.ts'
import { type OtherTests, runOutcome } from './outcome.ts'

/** Puts the record of a run together. Its duration ends now. */
export function assembleRecord(
  run: RunContext,
  { experiments, versions }: Measurements,
  others: OtherTests = { failed: false, skipped: false },
): RunRecord {
  return {
    schemaVersion: recordSchemaVersion,
    run: {
      id: run.id,
      startedAt: run.startedAt,
      durationMs: Date.now() - Date.parse(run.startedAt),
      measuringMs: experiments.reduce((sum, experiment) => sum + measuredMs(experiment), 0),
      seed: run.seed,
      profile: run.options.profile,
      cluster: { provider: run.cluster.ref.provider, reason: run.cluster.reason },
      meshes: meshesOf(run),
      command: run.command ?? commandOf(run),
      outcome: runOutcome(experiments, others),
      ...(run.source && { source: run.source }),
    },
    environment: fingerprint({ meshmark: version, node: process.versions.node, ...versions }),
    experiments: [...experiments],
  }
}

/** How the command line is called here: from the sources, or as it is installed. */
export const meshmarkCommand = import.meta.url.endsWith('.ts') ? 'npm run -s meshmark --' : 'npx meshmark'

const meshesOf = ({ options }: RunContext) => options.mesh.map(({ name }) => name)

/** The command line that repeats the run, to be pasted into a shell. */
function commandOf(run: RunContext): string {
  return [
    `${meshmarkCommand} run`,
    ...run.options.suites,
    `--cluster ${run.cluster.ref.provider}`,
    `--mesh ${meshesOf(run).join(',')}`,
    `--profile ${run.options.profile}`,
    ...(run.options.design ? [`--design ${run.options.design}`] : []),
    ...(run.options.maxDurationMs ? [`--max-duration ${run.options.maxDurationMs / 1000}s`] : []),
    ...(run.options.shareCores ? ['--share-cores'] : []),
    ...(run.options.probes.length > 0 ? [`--probe ${run.options.probes.join(',')}`] : []),
    ...(run.options.probePods ? ['--probe-pods'] : []),
    `--seed ${run.seed}`,
  ].join(' ')
}
