import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import writeFileAtomic from 'write-file-atomic'
import { z } from 'zod'
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
type RunRecord = z.infer<typeof schema>

/** A run that is at work in a cluster that outlives it is written down, so that a later one can clean up after it. */
export async function recordRun(
  { runId, provider, owner }: ClusterRef,
  way: Record<string, string>,
  folder = recordFolder(),
): Promise<void> {
  await mkdir(folder, { recursive: true })
  const file = recordFile(folder, runId)
  const record: RunRecord = { runId, provider, owner, machine: machineId(), way }
  await writeFileAtomic(file, JSON.stringify(record))
}

/** Removes what a run has made in a cluster that stays, then its record. */
export async function removeRun(client: KubeClient, runId: string, folder = recordFolder()): Promise<void> {
  const own = (await namespacesOf(client, runId)).filter(
    ({ metadata }) => metadata?.labels?.[labelKeys.machine] === machineId(),
  )
  await removeClusterWide(client, runId)
  await Promise.all(own.map(({ metadata }) => deleteNamespace(client, metadata?.name ?? '')))
  await rm(recordFile(folder, runId), { force: true })
}

/** Runs of this machine that have died at work in clusters of a provider; `open` finds the cluster of one again. */
export async function recordedOrphans(
  provider: string,
  open: (way: Record<string, string>) => Promise<KubeClient | null>,
  folder = recordFolder(),
): ReturnType<ClusterProvider['orphans']> {
  const records = await readRecords(folder)
  const dead = records.filter((one) => one.provider === provider && one.machine === machineId() && !isAlive(one.owner))
  return dead.map(({ runId, owner, way }) => ({
    runId,
    description: `namespaces in ${Object.values(way).join(', ')}, whose process ${owner.pid} is gone`,
    async reap() {
      const client = await open(way)
      if (client) await removeRun(client, runId, folder)
      // The cluster is gone, and all that was in it.
      else await rm(recordFile(folder, runId), { force: true })
    },
  }))
}

function recordFolder(env: NodeJS.ProcessEnv = process.env): string {
  const base = env.XDG_STATE_HOME
  return join(base && isAbsolute(base) ? base : join(env.HOME || homedir(), '.local', 'state'), 'meshmark', 'runs')
}

function recordFile(folder: string, runId: string): string {
  return join(folder, `${encodeURIComponent(runId)}.json`)
}

async function readRecords(folder: string): Promise<RunRecord[]> {
  const names = await readdir(folder).catch(() => [])
  const records = names
    .filter((name) => name.endsWith('.json'))
    .map(async (name) => {
      try {
        return [schema.parse(JSON.parse(await readFile(join(folder, name), 'utf8')))]
      } catch {
        // Not one of ours.
        return []
      }
    })
  return (await Promise.all(records)).flat()
}
