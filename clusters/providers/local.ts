import { mkdir } from 'node:fs/promises'
import { z } from 'zod'
import { claimFolder, loopbackIsRouted, runAddresses } from '../local/address.ts'
import { LocalCluster } from '../local/cluster.ts'
import { orphanGroups } from '../local/cpu-groups.ts'
import { killRun, orphans, ownerOf } from '../local/label.ts'
import { logFolder } from '../logs.ts'
import type { ClusterProvider } from '../provider.ts'
import { parseSettings } from '../settings.ts'

const noSettings = z.strictObject({}, { error: 'none: processes end with their run, and there is nothing to choose' })

/** Pods as child processes of this machine, each on its own loopback address. Needs no root and no daemon. */
export const local: ClusterProvider = {
  traits: { provider: 'local', pods: 'processes', takesLocalImages: false, choosesPodNetwork: false },

  async available() {
    if (process.platform === 'win32') {
      return {
        available: false,
        reason: 'process groups and signals do not exist on Windows',
        remedy: 'run it inside WSL 2',
      }
    }
    return {
      available: true,
      detail: (await loopbackIsRouted())
        ? 'child processes, each on its own 127.x.y.z'
        : 'child processes on 127.0.0.1, each on its own ports',
    }
  },

  async provision(spec) {
    parseSettings(noSettings, spec.settings, 'cluster local')
    const folders = [logFolder(spec.workDir), claimFolder(spec.workDir)]
    await Promise.all(folders.map((folder) => mkdir(folder, { recursive: true })))
    return { ...spec, ...local.traits, owner: ownerOf(process.pid) }
  },

  async connect(ref) {
    return new LocalCluster(ref, runAddresses(ref, await loopbackIsRouted()))
  },

  async destroy(ref) {
    killRun(ref.runId)
  },

  async orphans() {
    const processes = orphans().map(({ runId, owner, pids }) => ({
      runId,
      description: `${pids.length} ${pids.length === 1 ? 'process' : 'processes'} of run ${runId}, whose process ${owner.pid} is gone`,
      reap: async () => killRun(runId),
    }))
    // After the processes that may be in them.
    const groups = orphanGroups().map(({ runId, owner, reap }) => ({
      runId,
      description: `CPU groups of run ${runId}, whose process ${owner.pid} is gone`,
      reap,
    }))
    return [...processes, ...groups]
  },
}
