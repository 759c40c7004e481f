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
})
type RunMarker = z.infer<typeof schema>

/** A run that is at work in a cluster that outlives it is written down, so that a later one can clean up after it. */
export async function markRun(
  { runId, provider, owner }: ClusterRef,
  way: Record<string, string>,
  folder = markerFolder(),
): Promise<void> {
  await mkdir(folder, { recursive: true })
  const file = markerFile(folder, runId)
  const marker: RunMarker = { runId, provider, owner, machine: machineId(), way }
  await writeFileAtomic(file, JSON.stringify(marker))
}

/** Removes what a run has made in a cluster that stays, then its record. */
export async function removeRun(client: KubeClient, runId: string, folder = markerFolder()): Promise<void> {
  const own = (await namespacesOf(client, runId)).filter(
    ({ metadata }) => metadata?.labels?.[labelKeys.machine] === machineId(),
  )
  await removeClusterWide(client, runId)
  await Promise.all(own.map(({ metadata }) => deleteNamespace(client, metadata?.name ?? '')))
  await rm(markerFile(folder, runId), { force: true })
}

/** Runs of this machine that have died at work in clusters of a provider; `open` finds the cluster of one again. */
export async function markedOrphans(
  provider: string,
  open: (way: Record<string, string>) => Promise<KubeClient | null>,
  folder = markerFolder(),
): ReturnType<ClusterProvider['orphans']> {
  const markers = await readMarkers(folder)
  const dead = markers.filter((one) => one.provider === provider && one.machine === machineId() && !isAlive(one.owner))
  return dead.map(({ runId, owner, way }) => ({
    runId,
    description: `namespaces in ${Object.values(way).join(', ')}, whose process ${owner.pid} is gone`,
    async reap() {
      const client = await open(way)
      if (client) await removeRun(client, runId, folder)
      // The cluster is gone, and all that was in it.
      else await rm(markerFile(folder, runId), { force: true })
    },
  }))
}

function markerFolder(): string {
  return statePath(['runs'])
}

function markerFile(folder: string, runId: string): string {
  return join(folder, `${encodeURIComponent(runId)}.json`)
}

async function readMarkers(folder: string): Promise<RunMarker[]> {
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
