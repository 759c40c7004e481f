import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type {
  ControlPlane,
  EnrolledArm,
  Enrolment,
  Membership,
  MeshInstallation,
  MeshStatus,
  Metered,
} from '../../mesh.ts'
import type { Cluster, Pod } from '../../provider.ts'
import { tryWithCertificate } from '../access.ts'
import { refuseOtherMesh } from '../other-mesh.ts'
import { podUrl } from '../pod-url.ts'
import { socketOf } from '../socket.ts'
import { agentAt, type ConsulAgent } from './api.ts'
import { ConsulArm } from './arm.ts'
import { type AgentPorts, agentArguments, agentPorts, agentReadiness } from './commands.ts'
import { ArmEvidence } from './evidence.ts'
import { meshFailure } from './failure.ts'
import { untilRouted } from './routed.ts'
import type { ConsulSettings } from './settings.ts'
import { type ConsulPrograms, type SidecarPlace, type SidecarProcess, startSidecar } from './sidecar-process.ts'

const readyLimitMs = 60_000

/** An agent, and the Envoys beside client and server that it configures, all of them processes. */
export class ConsulProcesses implements MeshInstallation<ConsulSettings>, ControlPlane {
  readonly #place: SidecarPlace
  readonly #api: ConsulAgent
  readonly #proxies = new Set<Pod>()

  private constructor(place: SidecarPlace) {
    this.#place = place
    this.#api = agentAt(place.agent.host, (place.agent.ports as AgentPorts).http)
  }

  static async create(cluster: Cluster, programs: ConsulPrograms, limitMs = readyLimitMs): Promise<ConsulProcesses> {
    const folder = await mkdtemp(join(cluster.ref.workDir, 'consul-'))
    const { file, version } = programs.consul
    try {
      const agent = await cluster.deploy({
        name: 'agent',
        namespace: 'consul',
        role: 'proxy',
        ports: agentPorts,
        env: { TMPDIR: folder },
        readinessProbe: { ...agentReadiness, timeoutMs: limitMs },
        program: ({ host, ports }) => {
          const args = agentArguments(host, host, ports as AgentPorts)
          return { kind: 'binary', file, args, version }
        },
      })
      return new ConsulProcesses({ cluster, programs, agent, folder })
    } catch (error) {
      await rm(folder, { recursive: true, force: true })
      throw meshFailure(error)
    }
  }

  async status(): Promise<MeshStatus> {
    const { agent } = this.#place
    const pods = [agent, ...this.#proxies]
    return {
      mesh: 'consul',
      installed: agent.running(),
      components: pods.map(({ namespace, name }) => `${namespace}/${name}`),
      healthy: pods.every((pod) => pod.running()),
    }
  }

  async controlPlane(): Promise<readonly Metered[]> {
    const { agent } = this.#place
    return [{ name: `${agent.namespace}/${agent.name}`, usage: () => agent.usage() }]
  }

  async enrol({ namespace, port, settings }: Membership<ConsulSettings>): Promise<Enrolment> {
    refuseOtherMesh(this.#place.cluster, namespace)
    const arm = await ConsulArm.introduce(this.#api, namespace, settings)
    return { server: {}, arm: (server) => this.#arm(server, port.name, arm) }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#proxies].map((proxy) => this.#remove(proxy)))
    await this.#place.agent[Symbol.asyncDispose]()
    await rm(this.#place.folder, { recursive: true, force: true })
  }

  async #arm(server: Pod, port: string, arm: ConsulArm): Promise<EnrolledArm> {
    const { names, settings } = arm
    const { name, namespace } = server
    const { hostname, port: number } = podUrl(server, port)
    const app = { host: hostname, port: Number(number) }
    await using stack = new AsyncDisposableStack()
    stack.use(arm)
    const start = async (sidecar: Pick<SidecarProcess, 'name' | 'service' | 'beside' | 'register'>) =>
      stack.adopt(await this.#start({ ...sidecar, namespace, settings }), (proxy) => this.#remove(proxy))
    const atServer = start({
      name: `${name}-consul`,
      service: names.server,
      beside: server,
      register: (at) => arm.registerServer({ listen: socketOf(at, 'inbound'), app, reached: socketOf(at, 'inbound') }),
    })
    const atClient = start({
      name: `${namespace}-client-consul`,
      service: names.client,
      register: (at) => arm.registerClient({ listen: socketOf(at, 'inbound'), outbound: socketOf(at, 'outbound') }),
    })
    // Both, also when one fails: nothing is left half started.
    await Promise.allSettled([atServer, atClient])
    const sidecars = { server: await atServer, client: await atClient }
    await arm.untilServed()
    await untilRouted(sidecars.client, names.server)
    const [stranger, listen] = [await arm.stranger(), socketOf(sidecars.server, 'inbound')]
    const evidence = new ArmEvidence({
      sidecars,
      service: names.server,
      listen,
      stranger: () => tryWithCertificate(stranger, listen.host, listen.port),
    })
    const parts = stack.move()
    return {
      target: podUrl(sidecars.client, 'outbound'),
      proxies: Object.values(sidecars),
      client: {},
      watch: () => evidence.watch(),
      [Symbol.asyncDispose]: () => parts.disposeAsync(),
    }
  }

  async #start(sidecar: SidecarProcess): Promise<Pod> {
    const proxy = await startSidecar(this.#place, sidecar)
    this.#proxies.add(proxy)
    return proxy
  }

  async #remove(proxy: Pod): Promise<void> {
    await proxy[Symbol.asyncDispose]()
    this.#proxies.delete(proxy)
  }
}
