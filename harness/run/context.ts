import { resolve } from 'node:path'
import type { Cluster, ClusterRef } from '../../clusters/provider.ts'
import { type ProviderName, providers } from '../../clusters/providers/index.ts'
import type { Source } from '../../reports/record.ts'
import { newRunId } from './lifecycle.ts'
import type { RunOptions } from './options.ts'

/** What is settled before anything starts. */
export interface RunSettings {
  id: string
  /** Absolute path of the folder that holds the run's files. */
  out: string
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

/** Gives a run its id, and the folder of its files below `root`. */
export function runSettings(options: RunOptions, root: string): RunSettings {
  const id = newRunId()
  return { id, out: resolve(root, options.out ?? `meshmark-results/${id}`), options }
}

/** Connects to the run's cluster. Throws ClusterError when it cannot be reached. */
export async function connectCluster({ cluster: { ref } }: RunContext): Promise<Cluster> {
  return providers[ref.provider as ProviderName].connect(ref)
}
