import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test as base } from 'vitest'
import { bundleProgram } from './bundle.ts'
import type { EnrolledArm, MeshInstallation, MeshSettings } from './mesh.ts'
import type { Cluster, ClusterRef, Deployment, Pod, PodTreatment } from './provider.ts'
import { local } from './providers/local.ts'
import { httpEcho } from './workloads/http-echo.ts'

/** vitest's `test` with a local cluster of the test's own, which is gone afterwards. */
export const test = base
  .extend('ref', async ({ task }, { onCleanup }): Promise<ClusterRef> => {
    const runId = `test-${task.id}-${randomBytes(4).toString('hex')}`
    const workDir = await mkdtemp(join(tmpdir(), 'meshmark-test-'))
    const ref = await local.provision({ runId, workDir })
    onCleanup(async () => {
      await local.destroy(ref)
      await rm(workDir, { recursive: true, force: true })
    })
    return ref
  })
  .extend('cluster', async ({ ref }, { onCleanup }): Promise<Cluster> => {
    const cluster = await local.connect(ref)
    onCleanup(() => cluster[Symbol.asyncDispose]())
    return cluster
  })

/** http-echo in a namespace of its own. */
export async function deployEcho(
  cluster: Cluster,
  namespace: string,
  env: Record<string, string> = {},
  treatment: PodTreatment = {},
): Promise<Pod> {
  const file = await bundleProgram(httpEcho.entry, cluster.ref.workDir)
  return cluster.deploy({
    name: 'http-echo',
    namespace,
    role: 'app',
    program: () => ({ kind: 'node', file }),
    ports: httpEcho.ports,
    env,
    treatment,
    readinessProbe: { ...httpEcho.readinessProbe, timeoutMs: 20_000 },
  })
}

/** A server that runs already as an arm of a mesh that treats no pods. */
export async function enrolled(
  installation: MeshInstallation,
  server: Pod,
  name = 'http',
  settings: MeshSettings = { mtls: 'strict', proxyConcurrency: 1, l7Policy: false, accessLog: false },
): Promise<EnrolledArm> {
  const port = { name, number: server.ports[name] ?? 0 }
  const { arm } = await installation.enrol({ namespace: server.namespace, port, settings })
  return arm(server)
}

/** A Node program given as text; ready as soon as it answers 200 on its port `http`. */
export function inlineProgram(name: string, code: string, more: Partial<Deployment> = {}): Deployment {
  return {
    name,
    namespace: 'test',
    role: 'app',
    program: () => ({ kind: 'binary', file: process.execPath, args: ['-e', code], version: process.version }),
    ports: { http: 8080 },
    readinessProbe: { port: 'http', path: '/', timeoutMs: 20_000 },
    ...more,
  }
}
