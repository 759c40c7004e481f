import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import writeFileAtomic from 'write-file-atomic'
import { z } from 'zod'
import { statePath } from '../cache.ts'
import { isAlive } from '../local/label.ts'
import type { ClusterProvider, ClusterRef } from '../provider.ts'
import type { KubeClient } from './client.ts'
import { labelKeys, machineId } from './labels.ts'
import { removeClusterWide } from './manifest-set.ts'
import { deleteNamespace, namespacesOf } from './namespace.ts'

const schema = z.object({
  runId: z.string(),
  provider: z.string(),
  owner: z.object({ pid: z.number(), startTime: z.string().nullable() }),
  machine: z.string(),
  /** How the provider finds the cluster again; no credentials. */
  way: z.record(z.string(), z.string()),
  /** The run is making the cluster, since then (milliseconds since 1970); absent: it was there, or is finished. */
  makingSince: z.number().optional(),
})
export type RunMarker = z.infer<typeof schema>

/**
 * A run that is at work in a cluster that outlives it is written down before it makes anything, so that a later one can clean up after it.
 * What was written of it before is replaced.
 */
export async function markRun(
  { runId, provider, owner }: ClusterRef,
  way: Record<string, string>,
  { making = false } = {},
): Promise<void> {
  await mkdir(markerFolder(), { recursive: true })
  const made = making ? { makingSince: Date.now() } : {}
  const marker: RunMarker = { runId, provider, owner, machine: machineId(), way, ...made }
  await writeFileAtomic(markerFile(runId), JSON.stringify(marker))
}

/** Forgets a run. */
export async function unmarkRun(runId: string): Promise<void> {
  await rm(markerFile(runId), { force: true })
}

/** Runs of this machine that are written down for a provider. */
export async function markedRuns(provider: string): Promise<RunMarker[]> {
  return (await readMarkers()).filter((one) => one.provider === provider && one.machine === machineId())
}

/** Removes what a run has made in a cluster that stays, then its record. */
export async function removeRun(client: KubeClient, runId: string): Promise<void> {
  const own = (await namespacesOf(client, runId)).filter(
    ({ metadata }) => metadata?.labels?.[labelKeys.machine] === machineId(),
  )
  await removeClusterWide(client, runId)
  await Promise.all(own.map(({ metadata }) => deleteNamespace(client, metadata?.name ?? '')))
  await unmarkRun(runId)
}

/**
 * Runs of this machine that have died at work in clusters of a provider. `open` finds the cluster of one again; it removes one that was not
 * finished, and returns null where no cluster is left.
 */
export async function markedOrphans(
  provider: string,
  open: (marker: RunMarker) => Promise<KubeClient | null>,
): ReturnType<ClusterProvider['orphans']> {
  const dead = (await markedRuns(provider)).filter(({ owner }) => !isAlive(owner))
  return dead.map((marker) => {
    const { runId, owner, way, makingSince } = marker
    const what = makingSince === undefined ? 'namespaces in' : 'the unfinished cluster'
    return {
      runId,
      description: `${what} ${Object.values(way).join(', ')}, whose process ${owner.pid} is gone`,
      async reap() {
        const client = await open(marker)
        if (client) await removeRun(client, runId)
        else await unmarkRun(runId)
      },
    }
  })
}

function markerFolder(): string {
  return statePath(['runs'])
}

function markerFile(runId: string): string {
  return join(markerFolder(), `${encodeURIComponent(runId)}.json`)
}

async function readMarkers(): Promise<RunMarker[]> {
  const folder = markerFolder()
  const names = await readdir(folder).catch(() => [])
  const markers = names
    .filter((name) => name.endsWith('.json'))
    .map(async (name) => {
      try {
        return [schema.parse(JSON.parse(await readFile(join(folder, name), 'utf8')))]
      } catch {
        // Not one of ours.
        return []
      }
    })
  return (await Promise.all(markers)).flat()
}
