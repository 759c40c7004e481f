import type { V1PodTemplateSpec } from '@kubernetes/client-node'
import { ClusterError } from '../../errors.ts'
import type { Manifest } from '../../kubernetes/apply.ts'
import type { KubeCluster } from '../../kubernetes/cluster.ts'
import { readManifests } from '../../kubernetes/manifest-set.ts'
import { meteredContainers } from '../../kubernetes/metered.ts'
import type { ControlPlane, Enrolment, Membership, MeshInstallation, MeshStatus, Metered } from '../../mesh.ts'
import type { Cluster } from '../../provider.ts'
import { type ControlPlaneSet, installControlPlane, kubernetesFor, removeControlPlane } from '../control-plane.ts'
import { unmarkNamespace } from '../namespaces.ts'
import { runMeshCli } from '../run-mesh-cli.ts'
import { readCheck } from './check.ts'
import { linkerdCli } from './cli.ts'
import { enrolNamespace } from './enrol.ts'
import { type LinkerdSettings, linkerdMark } from './settings.ts'

const namespace = 'linkerd'
const readyTimeoutMs = 180_000
const check = ['check', '--output', 'json', '--wait', '60s']
const gatewayKind = 'httproutes.gateway.networking.k8s.io'

/** Linkerd's control plane in a cluster, for one run. */
export class LinkerdInstallation implements MeshInstallation<LinkerdSettings>, ControlPlane {
  readonly #cluster: KubeCluster
  readonly #plane: ControlPlaneSet
  readonly #meters = new DisposableStack()
  readonly #enrolled = new Set<string>()

  private constructor(cluster: KubeCluster, plane: ControlPlaneSet) {
    this.#cluster = cluster
    this.#plane = plane
  }

  static async create(target: Cluster, mode: string): Promise<LinkerdInstallation> {
    const cluster = kubernetesFor('linkerd', target)
    const manifests = await manifestsFor(cluster)
    const sweep = async () => {}
    const plane = { mesh: 'linkerd', mode, namespace, manifests, images: imagesIn(manifests), readyTimeoutMs, sweep }
    await installControlPlane(cluster, plane)
    const { healthy, problems } = readCheck(await runMeshCli(linkerdCli, cluster.ref, check, [0, 1]))
    if (healthy) return new LinkerdInstallation(cluster, plane)
    await removeControlPlane(cluster, plane)
    throw new ClusterError('CLUSTER_MESH_FAILED', `linkerd could not be installed:\n  ${problems.join('\n  ')}`)
  }

  async status(): Promise<MeshStatus> {
    const { kube, ref } = this.#cluster
    const { items } = await kube.apps.listNamespacedDeployment({ namespace })
    return {
      mesh: 'linkerd',
      installed: items.length > 0,
      components: items.map(({ metadata }) => `${namespace}/${metadata?.name}`),
      healthy: items.length > 0 && readCheck(await runMeshCli(linkerdCli, ref, check, [0, 1])).healthy,
    }
  }

  async enrol(membership: Membership<LinkerdSettings>): Promise<Enrolment> {
    const { namespace, enrolment } = await enrolNamespace(this.#cluster, membership)
    this.#enrolled.add(namespace)
    return enrolment
  }

  async controlPlane(): Promise<readonly Metered[]> {
    return this.#meters.use(await meteredContainers(this.#cluster.kube, namespace)).containers
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#meters.dispose()
    for (const name of this.#enrolled) await unmarkNamespace(this.#cluster.kube, name, linkerdMark)
    await removeControlPlane(this.#cluster, this.#plane)
  }
}

/** Its kinds, those of the Gateway API where the cluster has none yet, and the control plane. */
async function manifestsFor({ kube, ref }: KubeCluster): Promise<Manifest[]> {
  const definitions = await kube.get(`/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${gatewayKind}`)
  const gatewayApi = `installGatewayAPI=${definitions.status === 404}`
  const kinds = await runMeshCli(linkerdCli, ref, ['install', '--crds', '--ignore-cluster', '--set', gatewayApi])
  const rest = await runMeshCli(linkerdCli, ref, ['install', '--ignore-cluster'])
  return [...(await readManifests(kinds)), ...(await readManifests(rest))]
}

export function imagesIn(manifests: readonly Manifest[]): string[] {
  const templates = manifests.map((one) => (one as { spec?: { template?: V1PodTemplateSpec } }).spec?.template?.spec)
  const all = templates.flatMap((spec) => [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])])
  return [...new Set(all.flatMap(({ image }) => image ?? []))]
}
