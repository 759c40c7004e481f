import { resolve } from 'node:path'
import type { Cluster, ClusterRef } from '../../clusters/provider.ts'
import { type ProviderName, providers } from '../../clusters/providers/index.ts'
import type { Source } from '../../reports/record.ts'
import { defaultStore } from '../../reports/store/location.ts'
import { readBudgets } from '../budgets/file.ts'
import { newRunId } from './lifecycle.ts'
import type { RunOptions } from './options.ts'
import { storeLocation } from './store.ts'

/** What is settled before anything starts. */
export interface RunSettings {
  id: string
  /** Absolute path of the folder that holds the run's files. */
  out: string
  /** Where the record goes too: an absolute path, or s3://bucket/prefix. Null: nowhere. */
  store: string | null
  options: RunOptions
}

/** An open run, as every thread that takes part knows it: plain JSON. */
export interface RunContext extends RunSettings {
  startedAt: string
  seed: number
  cluster: { ref: ClusterRef; reason: string }
  source: Source | null
  /** The command line that repeats it, where that is not `meshmark run`. */
  command?: string
}

/** Gives a run its id, its store, the folder of its files below `root`, and the budgets of the file there. Throws ReportError STORE_INVALID, HarnessError CONFIG_INVALID as `readBudgets`. */
export function runSettings(options: RunOptions, root: string): RunSettings {
  const id = newRunId()
  const out = resolve(root, options.out ?? `${defaultStore}/${id}`)
  const budgets = [...options.budgets, ...readBudgets(root)]
  return { id, out, store: storeLocation(options.store, root), options: { ...options, budgets } }
}

/** Connects to the run's cluster. Throws ClusterError when it cannot be reached. */
export async function connectCluster({ cluster: { ref } }: RunContext): Promise<Cluster> {
  return providers[ref.provider as ProviderName].connect(ref)
}
