import type { KubeCluster } from '../../kubernetes/cluster.ts'
import { dnsName } from '../../kubernetes/labels.ts'
import { type Forward, forwardPorts } from '../../kubernetes/port-forward.ts'
import type {
  ControlPlane,
  EnrolledArm,
  Enrolment,
  Membership,
  MeshInstallation,
  MeshStatus,
  Metered,
} from '../../mesh.ts'
import type { Pod, Sidecar } from '../../provider.ts'
import { tryWithCertificate } from '../access.ts'
import { ports } from '../envoy/ports.ts'
import { refuseOtherMesh } from '../other-mesh.ts'
import { proxyResources } from '../settings.ts'
import type { Socket } from '../socket.ts'
import { ConsulArm } from './arm.ts'
import { envoyArguments, proxyArguments } from './commands.ts'
import { type AgentDeployment, deployAgent } from './deployment.ts'
import { ArmEvidence } from './evidence.ts'
import { proxyOf } from './services.ts'
import type { ConsulSettings } from './settings.ts'

const container = 'consul'
const readyLimitMs = 120_000

/** Where a sidecar takes mTLS; the same in every pod. */
const listen = { host: '0.0.0.0', port: ports.inbound }

/** An agent in a namespace of its own, and Envoys in the pods of clients and servers that it configures. */
export class ConsulSidecars implements MeshInstallation<ConsulSettings>, ControlPlane {
  readonly #cluster: KubeCluster
  readonly #agent: AgentDeployment
  readonly #image: string

  private constructor(cluster: KubeCluster, agent: AgentDeployment, image: string) {
    this.#cluster = cluster
    this.#agent = agent
    this.#image = image
  }

  static async create(cluster: KubeCluster, image: string, limitMs = readyLimitMs): Promise<ConsulSidecars> {
    return new ConsulSidecars(cluster, await deployAgent(cluster, image, limitMs), image)
  }

  async status(): Promise<MeshStatus> {
    const ready = await this.#agent.ready()
    const pods = this.#cluster.pods().filter(({ sidecars }) => sidecars.includes(container))
    return {
      mesh: 'consul',
      installed: ready !== null,
      components: [
        ...(ready === null ? [] : [`${this.#agent.namespace}/agent`]),
        ...pods.map(({ namespace, name }) => `${namespace}/${name}`),
      ],
      healthy: ready === 1 && pods.every((pod) => pod.running()),
    }
  }

  async controlPlane(): Promise<readonly Metered[]> {
    return this.#agent.containers
  }

  async enrol({ namespace, port, settings }: Membership<ConsulSettings>): Promise<Enrolment> {
    refuseOtherMesh(this.#cluster, namespace)
    const arm = await ConsulArm.introduce(this.#agent.api, namespace, settings)
    const app = { host: '127.0.0.1', port: port.number }
    // Sidecars ask for their configuration as soon as they start, which is before the server's address is known.
    await arm.registerServer({ listen, app, reached: null })
    return {
      server: { sidecars: [this.#sidecar(arm, arm.names.server, { inbound: ports.inbound })] },
      arm: (server) => this.#arm(server, app, arm),
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#agent[Symbol.asyncDispose]()
  }

  async #arm(server: Pod, app: Socket, arm: ConsulArm): Promise<EnrolledArm> {
    await using stack = new AsyncDisposableStack()
    stack.use(arm)
    const host = server.endpoints['pod-ip']?.host ?? ''
    const outbound = { host: '127.0.0.1', port: ports.outbound }
    await arm.registerServer({ listen, app, reached: { host, port: listen.port } })
    await arm.registerClient({ listen, outbound })
    await arm.untilServed()
    const stranger = await arm.stranger()
    const forward = stack.use(await this.#forwardTo(server, host))
    const evidence = new ArmEvidence({
      sidecars: { client: null, server },
      service: arm.names.server,
      listen,
      stranger: () => tryWithCertificate(stranger, forward.host, forward.ports.inbound as number),
    })
    const parts = stack.move()
    return {
      target: new URL(`http://${outbound.host}:${outbound.port}/`),
      proxies: [],
      client: { sidecars: [this.#sidecar(arm, arm.names.client, { outbound: ports.outbound })] },
      watch: () => evidence.watch(),
      [Symbol.asyncDispose]: () => parts.disposeAsync(),
    }
  }

  /** The only way from here to the server's sidecar by which a certificate can be shown. */
  async #forwardTo(server: Pod, host: string): Promise<Forward> {
    const { kube } = this.#cluster
    const namespace = dnsName(server.namespace)
    const { items } = await kube.core.listNamespacedPod({ namespace })
    const pod = items.find(({ status }) => status?.podIP === host)
    if (!pod) throw new Error(`no pod in ${namespace} has the address ${host}`)
    return forwardPorts(kube, namespace, pod, { inbound: ports.inbound })
  }

  #sidecar({ settings }: ConsulArm, service: string, own: Record<string, number>): Sidecar {
    const admin = { host: '0.0.0.0', port: ports.admin }
    return {
      name: container,
      image: this.#image,
      command: [
        ...['consul', ...proxyArguments(proxyOf(service), this.#agent.address, admin)],
        ...['--', ...envoyArguments(settings)],
      ],
      ports: { admin: ports.admin, ...own },
      readinessProbe: { port: 'admin', path: '/ready' },
      resources: proxyResources(settings),
    }
  }
}
