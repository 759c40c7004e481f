import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { KubeCluster } from '../../kubernetes/cluster.ts'
import { readManifests } from '../../kubernetes/manifest-set.ts'
import { namespacesOf } from '../../kubernetes/namespace.ts'
import { unready } from '../../kubernetes/rollout.ts'
import type { Enrolment, Membership, MeshInstallation, MeshStatus } from '../../mesh.ts'
import type { Cluster } from '../../provider.ts'
import { tools } from '../../tools/index.ts'
import { runTool } from '../command-line.ts'
import { type ControlPlane, installControlPlane, kubernetesFor, removeControlPlane } from '../control-plane.ts'
import { type Mark, unmarkNamespace } from '../namespaces.ts'
import { enrolAmbient } from './ambient.ts'
import { enrolSidecars } from './enrol.ts'
import { operatorOf, systemNamespace } from './operator.ts'
import type { Release } from './release.ts'
import { proxiesIn } from './status.ts'

const readyLimitMs = 180_000

/** Istio's control plane in a cluster, for one run. */
export class IstioInstallation implements MeshInstallation {
  readonly #cluster: KubeCluster
  readonly #plane: ControlPlane
  readonly #release: Release
  readonly #enrolled = new Map<string, Mark>()

  private constructor(cluster: KubeCluster, plane: ControlPlane, release: Release) {
    this.#cluster = cluster
    this.#plane = plane
    this.#release = release
  }

  static async create(
    target: Cluster,
    mode: string,
    release: Release,
    readyTimeoutMs = readyLimitMs,
  ): Promise<IstioInstallation> {
    const cluster = kubernetesFor('istio', target)
    const { workDir, runId } = cluster.ref
    const file = join(workDir, `istio-${mode}.json`)
    await writeFile(file, JSON.stringify(operatorOf(release, mode, runId)))
    const manifests = readManifests(
      await runTool(tools.istioctl, cluster.ref, ['manifest', 'generate', '--filename', file]),
    )
    const sweep = () => removeCertificates(cluster)
    const { images } = release
    const plane = { mesh: 'istio', mode, namespace: systemNamespace, manifests, images, readyTimeoutMs, sweep }
    await installControlPlane(cluster, plane)
    return new IstioInstallation(cluster, plane, release)
  }

  async status(): Promise<MeshStatus> {
    const { kube, ref } = this.#cluster
    const [deployments, daemons, waiting] = await Promise.all([
      kube.apps.listNamespacedDeployment({ namespace: systemNamespace }),
      kube.apps.listNamespacedDaemonSet({ namespace: systemNamespace }),
      unready(kube, systemNamespace),
    ])
    const parts = [...deployments.items, ...daemons.items].map(({ metadata }) => `${systemNamespace}/${metadata?.name}`)
    if (parts.length === 0) return { mesh: 'istio', installed: false, components: [], healthy: false }
    const proxies =
      waiting.length > 0 ? [] : proxiesIn(await runTool(tools.istioctl, ref, ['proxy-status', '--output', 'json']))
    return {
      mesh: 'istio',
      installed: true,
      components: [...parts, ...proxies.map(({ name }) => name)],
      healthy: waiting.length === 0 && proxies.every(({ synced }) => synced),
    }
  }

  async enrol(membership: Membership): Promise<Enrolment> {
    const enrol = this.#plane.mode === 'ambient' ? enrolAmbient : enrolSidecars
    const { namespace, mark, enrolment } = await enrol(this.#cluster, membership, this.#release)
    this.#enrolled.set(namespace, mark)
    return enrolment
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const [namespace, mark] of this.#enrolled) await unmarkNamespace(this.#cluster.kube, namespace, mark)
    await removeControlPlane(this.#cluster, this.#plane)
  }
}

/** The control plane keeps its certificate in every namespace that it looks at, which are those of the run. */
async function removeCertificates({ kube, ref }: KubeCluster): Promise<void> {
  for (const { metadata } of await namespacesOf(kube, ref.runId)) {
    const namespace = metadata?.name ?? ''
    await kube.core.deleteCollectionNamespacedConfigMap({ namespace, labelSelector: 'istio.io/config=true' })
  }
}
