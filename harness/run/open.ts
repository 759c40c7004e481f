import { join } from 'node:path'
import type { ClusterProvider } from '../../clusters/provider.ts'
import { providers } from '../../clusters/providers/index.ts'
import type { RunContext, RunSettings } from './context.ts'
import { claimRun, releaseOnExit, releaseRun } from './lifecycle.ts'
import { chooseProvider, imagesOf, podNetworkOf, provisionCluster } from './provision.ts'
import { reapDeadRuns } from './reaper.ts'
import { sourceOf } from './source.ts'
import { checkStore } from './store.ts'

/** A run whose cluster stands. */
export interface OpenRun {
  context: RunContext
  /** Removes the cluster and all that the run keeps on this machine outside its folder; reports what cannot be removed. */
  close(): Promise<void>
}

interface Opening {
  /** Is given a line for each step. */
  report: (line: string) => void
  startedAt?: Date
  /** Makes what has to be there before the cluster, in the run's work folder, which goes with the run. */
  prepare?: (workDir: string) => Promise<void>
}

/**
 * Opens a run: removes what dead runs left, chooses the provider, makes the cluster and its pod network. Throws HarnessError CONFIG_INVALID, or
 * ReportError STORE_…, before anything starts, ClusterError when there is no cluster to be had, what `prepare` throws; nothing
 * is left of the run then.
 */
export async function openRun(
  settings: RunSettings,
  { report, startedAt = new Date(), prepare }: Opening,
): Promise<OpenRun> {
  const { options, out } = settings
  const { name, reason } = await chooseProvider(options)
  await checkStore(settings.store)
  const provider: ClusterProvider = providers[name]
  const network = await podNetworkOf(options, provider.traits)
  // Before anything is measured: a commit made meanwhile is not what was.
  const source = await sourceOf(process.cwd())
  const claim = claimRun(settings.id, out)
  const spec = {
    runId: claim.id,
    workDir: claim.workDir,
    logDir: join(out, 'logs'),
    images: imagesOf(options, provider.traits),
    settings: { ...network?.mesh.clusterSettings(network.mode), ...options.clusterSettings },
  }
  const forget = releaseOnExit(claim, () => provider.abandon?.(spec))
  const release = () => {
    releaseRun(claim)
    forget()
  }
  try {
    for (const line of await reapDeadRuns()) report(`removed what a dead run left: ${line}`)
    await prepare?.(claim.workDir)
    report(`cluster: ${name} (${reason})`)
    const ref = await provisionCluster(provider, spec, network, (line) => report(`  ${line}`))
    const context: RunContext = {
      ...settings,
      startedAt: startedAt.toISOString(),
      seed: options.seed ?? Math.floor(Math.random() * 1_000_000),
      cluster: { ref, reason },
      source,
    }
    const close = async () => {
      await provider.destroy(ref).catch((error: Error) => {
        report(`what the run made is not all removed, the next run does it, or meshmark clean: ${error.message}`)
      })
      release()
    }
    return { context, close }
  } catch (error) {
    release()
    throw error
  }
}
