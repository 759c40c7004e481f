import type { Identity } from '../certificates.ts'
import type { Socket } from '../socket.ts'
import type { ConsulAgent } from './api.ts'
import { clientService, configEntries, type ServiceNames, serverService, serviceNames } from './services.ts'
import type { ConsulSettings } from './settings.ts'

/** An arm as the agent knows it; disposed of, the agent forgets it. */
export class ConsulArm implements AsyncDisposable {
  readonly names: ServiceNames
  readonly settings: ConsulSettings
  readonly #agent: ConsulAgent

  private constructor(agent: ConsulAgent, names: ServiceNames, settings: ConsulSettings) {
    this.#agent = agent
    this.names = names
    this.settings = settings
  }

  /** Registers who may call whom, before there is a sidecar that could let anybody through. */
  static async introduce(agent: ConsulAgent, namespace: string, settings: ConsulSettings): Promise<ConsulArm> {
    const names = serviceNames(namespace)
    for (const entry of configEntries(names, settings)) await agent.write(entry)
    return new ConsulArm(agent, names, settings)
  }

  registerServer(at: { listen: Socket; app: Socket; reached: Socket | null }): Promise<void> {
    return this.#agent.register(serverService(this.names, this.settings, at))
  }

  registerClient(at: { listen: Socket; outbound: Socket }): Promise<void> {
    return this.#agent.register(clientService(this.names, this.settings, at))
  }

  /** Waits until clients' sidecars can learn where the server is. */
  untilServed(): Promise<void> {
    return this.#agent.untilPassing(this.names.server)
  }

  /** The identity of a stranger: a service of the mesh whom no intention lets through. */
  stranger(): Promise<Identity> {
    return this.#agent.issue(this.names.stranger)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { server, client } = this.names
    const known = [
      ...[client, server].map((service) => () => this.#agent.deregister(service)),
      // Permissions are refused a service that is no longer one of HTTP.
      ...configEntries(this.names, this.settings)
        .toReversed()
        .map((entry) => () => this.#agent.remove(entry)),
    ]
    // What it does not know, or no longer as it has ended, it need not forget.
    for (const forget of known) await forget().catch(() => {})
  }
}
