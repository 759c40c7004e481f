import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, inject, type TestContext, vi } from 'vitest'
import type { TestProject } from 'vitest/node'
import { command, succeeds } from './kind/command.ts'
import { kindClusters } from './kind/engine.ts'
import { clusterName } from './kind/name.ts'
import { defaultNodeImage } from './kind/spec.ts'
import type { KubernetesCluster } from './kubernetes/cluster.ts'
import { ownerOf } from './local/label.ts'
import type { ClusterRef } from './provider.ts'
import { kind } from './providers/kind.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The name of the kind cluster that test files share; the first that needs it makes it. */
    testCluster: string
  }
}

/** Global set-up of the tests: names the cluster they share after this process, and removes it at the end. */
export default function setUp(project: TestProject): () => Promise<void> {
  const name = clusterName({ runId: 'tests', owner: ownerOf(process.pid) })
  project.provide('testCluster', name)
  return async () => {
    if ((await kindClusters()).includes(name)) await command('kind', ['delete', 'cluster', '--name', name])
  }
}

/** A cluster of a control plane and two workers, shared with other test files. */
export interface SharedCluster {
  cluster: KubernetesCluster
  ref: ClusterRef
  /** Skips the test where there is no kind. Call it first. */
  needed(context: Pick<TestContext, 'skip'>): void
}

/** The shared cluster, for the tests of one file; what they have made in it is removed after them. */
export function sharedCluster(runId: string): SharedCluster {
  let missing: string | null = null
  let workDir = ''
  let ref: ClusterRef | undefined
  let cluster: KubernetesCluster | undefined
  vi.setConfig({ testTimeout: 180_000 })

  beforeAll(async () => {
    const availability = await kind.available()
    if (!availability.available) missing = `${availability.reason}; ${availability.remedy}`
    else if (!(await succeeds('docker', ['image', 'inspect', defaultNodeImage])))
      missing = 'the node image would have to be pulled'
    if (missing !== null) return
    workDir = await mkdtemp(join(tmpdir(), 'meshmark-test-'))
    vi.stubEnv('XDG_STATE_HOME', workDir)
    ref = await kind.provision({ runId, workDir, settings: { reuse: inject('testCluster') } })
    cluster = (await kind.connect(ref)) as KubernetesCluster
  }, 400_000)

  afterAll(async () => {
    await cluster?.[Symbol.asyncDispose]()
    if (ref) await kind.destroy(ref)
    if (workDir) await rm(workDir, { recursive: true, force: true })
    vi.unstubAllEnvs()
  }, 120_000)

  return {
    get cluster() {
      return cluster as KubernetesCluster
    },
    get ref() {
      return ref as ClusterRef
    },
    needed({ skip }) {
      if (missing !== null) skip(missing)
    },
  }
}
