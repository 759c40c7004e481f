import type { KubeCluster } from '../../kubernetes/cluster.ts'
import { runLabels } from '../../kubernetes/labels.ts'
import { applyManifests, removeManifests } from '../../kubernetes/manifest-set.ts'
import type { EnrolledArm, Enrolment, Membership, MeshInstallation, MeshStatus, TreatmentEvidence } from '../../mesh.ts'
import type { Pod } from '../../provider.ts'
import { podUrl } from '../pod-url.ts'
import { requestsAt } from '../request-count.ts'
import { CiliumAgent, ciliumNamespace } from './agent.ts'
import { ciliumEvidence } from './evidence.ts'
import type { CiliumMode } from './modes.ts'
import { policiesOf, roleLabel } from './policies.ts'
import type { CiliumSettings } from './settings.ts'
import { deployStranger, tryFrom } from './stranger.ts'

/**
 * Arms in a cluster whose pod network is Cilium. Disposing it removes their policies; the network itself belongs to the
 * cluster, and goes with it.
 */
export class CiliumInstallation implements MeshInstallation<CiliumSettings> {
  readonly #cluster: KubeCluster
  readonly #mode: CiliumMode
  readonly #policies: ReturnType<typeof policiesOf> = []

  constructor(cluster: KubeCluster, mode: CiliumMode) {
    this.#cluster = cluster
    this.#mode = mode
  }

  async status(): Promise<MeshStatus> {
    const { items } = await this.#cluster.kube.core.listNamespacedPod({
      namespace: ciliumNamespace,
      labelSelector: 'app.kubernetes.io/part-of=cilium',
    })
    const isReady = ({ status }: (typeof items)[number]) =>
      status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false
    return {
      mesh: 'cilium',
      installed: items.length > 0,
      components: items.map(({ metadata }) => `${ciliumNamespace}/${metadata?.name}`),
      healthy: items.length > 0 && items.every(isReady),
    }
  }

  async enrol({ namespace, port, settings: { policy } }: Membership<CiliumSettings>): Promise<Enrolment> {
    const { kube, ref } = this.#cluster
    const name = await this.#cluster.namespace(namespace)
    if (policy) {
      const policies = policiesOf(name, port.number, this.#mode)
      this.#policies.push(...policies)
      await applyManifests(kube, policies, runLabels(ref))
    }
    return {
      server: { labels: { [roleLabel]: 'server' } },
      arm: (server) => this.#arm(server, port.name, policy),
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await removeManifests(this.#cluster.kube, this.#policies.splice(0))
  }

  async #arm(server: Pod, port: string, policy: boolean): Promise<EnrolledArm> {
    const target = podUrl(server, port)
    const stranger = await deployStranger(this.#cluster, server.namespace)
    return {
      target,
      proxies: [],
      client: { labels: { [roleLabel]: 'client' } },
      watch: async () => {
        const since = new Date()
        const before = await requestsAt(server, port)
        return (sent) => this.#prove(server, stranger, port, policy, { since, before, sent })
      },
      [Symbol.asyncDispose]: () => stranger[Symbol.asyncDispose](),
    }
  }

  async #prove(
    server: Pod,
    stranger: Pod,
    port: string,
    policy: boolean,
    { since, before, sent }: { since: Date; before: number | null; sent: number },
  ): Promise<TreatmentEvidence> {
    // The stranger's own request, should it get through, is none of the trial's.
    const after = await requestsAt(server, port)
    const endpoint = server.endpoints['pod-ip'] ?? server
    const access = await tryFrom(stranger, endpoint, port).catch(asError)
    const agent = await CiliumAgent.on(this.#cluster.kube, server.node ?? '').catch(asError)
    const [status, flows] =
      agent instanceof Error
        ? [agent, agent]
        : await Promise.all([agent.status().catch(asError), agent.flowsTo(endpoint.host, since).catch(asError)])
    return ciliumEvidence({
      mode: this.#mode,
      policy,
      requestsSent: sent,
      // Not for workloads that do not count.
      requestsAtServer: before === null || after === null ? null : after - before,
      agent: status,
      flows,
      access,
      stranger: stranger.endpoints['pod-ip']?.host ?? '',
    })
  }
}

const asError = (error: Error) => error
