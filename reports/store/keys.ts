import type { RunRecord } from '../record.ts'
import { runName } from './run-name.ts'

export const metadataFile = 'metadata.json'

/**
 * Where a run lies in a bucket: what was asked, when it began (UTC), and its id: "http/20261128165707/20261128-165707-3fa91c". Throws
 * ReportError STORE_INVALID where the id cannot be a part of a key.
 */
export function keyOf(record: RunRecord): string {
  const { startedAt } = record.run
  const suites = [...new Set(record.experiments.map(({ suite }) => suite))].join('+')
  // Those characters that are safe in the keys of every S3.
  const name = suites.replaceAll(/[^\w.+-]+/g, '_').slice(0, 100) || 'no-suite'
  return `${name}/${startedAt.slice(0, 19).replaceAll(/\D/g, '')}/${runName(record)}`
}

/** The parameters of a run, for whoever looks through a bucket: no results are in it. */
export function metadataOf({ run, environment, experiments }: RunRecord) {
  return {
    run,
    environment,
    experiments: experiments.map(({ suite, test, workload, load, design, seed, arms }) => ({
      ...{ suite, test, workload, load, design, seed },
      arms: arms.map(({ name, mesh, mode, settings, control, skipped }) => ({
        ...{ name, mesh, mode, settings, control, skipped },
      })),
    })),
  }
}
