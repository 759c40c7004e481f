import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { remove } from '../../kubernetes/apply.ts'
import type { KubeCluster } from '../../kubernetes/cluster.ts'
import { readManifests } from '../../kubernetes/manifest-set.ts'
import { meteredContainers } from '../../kubernetes/metered.ts'
import { unready } from '../../kubernetes/rollout.ts'
import type {
  ControlPlane,
  Enrolment,
  Membership,
  MeshInstallation,
  MeshSettings,
  MeshStatus,
  Metered,
} from '../../mesh.ts'
import type { Cluster } from '../../provider.ts'
import { type ControlPlaneSet, installControlPlane, kubernetesFor, removeControlPlane } from '../control-plane.ts'
import { type Mark, unmarkNamespace } from '../namespaces.ts'
import { runMeshCli } from '../run-mesh-cli.ts'
import { istioctl } from './cli.ts'
import type { Enrolled } from './enrol.ts'
import { operatorOf, systemNamespace } from './operator.ts'
import type { IstioRelease } from './release.ts'
import type { IstioMode } from './settings.ts'
import { proxiesIn } from './status.ts'

const readyLimitMs = 180_000

/** Istio's control plane in a cluster, for one run. */
export class IstioInstallation<Settings extends MeshSettings> implements MeshInstallation<Settings>, ControlPlane {
  readonly #cluster: KubeCluster
  readonly #plane: ControlPlaneSet
  readonly #enrol: (membership: Membership<Settings>) => Promise<Enrolled>
  readonly #meters = new DisposableStack()
  readonly #enrolled = new Map<string, Mark>()

  private constructor(
    cluster: KubeCluster,
    plane: ControlPlaneSet,
    enrol: (membership: Membership<Settings>) => Promise<Enrolled>,
  ) {
    this.#cluster = cluster
    this.#plane = plane
    this.#enrol = enrol
  }

  /** `enrol` is the mode's own way to take a namespace into the mesh. */
  static async create<Settings extends MeshSettings>(
    target: Cluster,
    mode: IstioMode,
    release: IstioRelease,
    enrol: (cluster: KubeCluster, membership: Membership<Settings>, release: IstioRelease) => Promise<Enrolled>,
    readyTimeoutMs = readyLimitMs,
  ): Promise<IstioInstallation<Settings>> {
    const cluster = kubernetesFor('istio', target)
    const { workDir, runId } = cluster.ref
    const file = join(workDir, `istio-${mode}.json`)
    await writeFile(file, JSON.stringify(operatorOf(release, mode, runId)))
    const manifests = await readManifests(
      await runMeshCli(istioctl, cluster.ref, ['manifest', 'generate', '--filename', file]),
    )
    const sweep = () => removeCertificates(cluster)
    const { images } = release
    const plane = { mesh: 'istio', mode, namespace: systemNamespace, manifests, images, readyTimeoutMs, sweep }
    await installControlPlane(cluster, plane)
    return new IstioInstallation(cluster, plane, (membership: Membership<Settings>) =>
      enrol(cluster, membership, release),
    )
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
      waiting.length > 0 ? [] : proxiesIn(await runMeshCli(istioctl, ref, ['proxy-status', '--output', 'json']))
    return {
      mesh: 'istio',
      installed: true,
      components: [...parts, ...proxies.map(({ name }) => name)],
      healthy: waiting.length === 0 && proxies.every(({ synced }) => synced),
    }
  }

  async enrol(membership: Membership<Settings>): Promise<Enrolment> {
    const { namespace, mark, enrolment } = await this.#enrol(membership)
    this.#enrolled.set(namespace, mark)
    return enrolment
  }

  async controlPlane(): Promise<readonly Metered[]> {
    return this.#meters.use(await meteredContainers(this.#cluster.kube, systemNamespace)).containers
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#meters.dispose()
    for (const [namespace, mark] of this.#enrolled) await unmarkNamespace(this.#cluster.kube, namespace, mark)
    await removeControlPlane(this.#cluster, this.#plane)
  }
}

/**
 * The control plane keeps its certificate in every namespace that it looks at: those of the run, and any other once its settings are
 * removed before it.
 */
async function removeCertificates({ kube }: KubeCluster): Promise<void> {
  const { items } = await kube.core.listConfigMapForAllNamespaces({ labelSelector: 'istio.io/config=true' })
  for (const { metadata } of items)
    await remove(kube, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: metadata?.name ?? '', namespace: metadata?.namespace ?? '', labels: {} },
    })
}
