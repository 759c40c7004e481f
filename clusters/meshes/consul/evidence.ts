import type { TreatmentEvidence } from '../../mesh.ts'
import type { Access } from '../access.ts'
import { type CounterNames, readEnvoyCounters } from '../envoy/admin.ts'
import { type Counters, type Sidecars, watchSidecars } from '../envoy/evidence.ts'
import type { Socket } from '../socket.ts'

/** What is to be known of an arm's sidecars to ask them. */
export interface Watched {
  sidecars: Sidecars
  /** The server's service. */
  service: string
  /** Where the server's sidecar takes mTLS, as its configuration has it. */
  listen: Socket
  /** Sends a GET to it in the name of a service that no intention lets through. */
  stranger(): Promise<Access>
}

/** An arm's evidence: as for plain Envoys, and the intention counts every request too and refuses a stranger of the mesh. */
export class ArmEvidence {
  readonly #watched: Watched
  /** Handshakes that are ours, not the load's. */
  #strangers = 0

  constructor(watched: Watched) {
    this.#watched = watched
  }

  async watch(): Promise<(requestsSent: number) => Promise<TreatmentEvidence>> {
    const { sidecars, stranger } = this.#watched
    const read = () => this.#read(sidecars)
    const prove = await watchSidecars(sidecars, { mtls: 'strict', l7Policy: true }, read)
    return async (requestsSent) => {
      const evidence = await prove(requestsSent)
      const access = await stranger()
      if (typeof access === 'object') this.#strangers++
      return withStranger(evidence, access)
    }
  }

  async #read({ client, server }: Sidecars): Promise<Counters> {
    const { service, listen } = this.#watched
    const [atClient, atServer] = await Promise.all([
      client && readEnvoyCounters(client, outbound(service)),
      readEnvoyCounters(server, inbound(listen)),
    ])
    return { client: atClient, server: { ...atServer, handshakes: atServer.handshakes - this.#strangers } }
  }
}

/** Adds to the evidence what a stranger got. */
export function withStranger(evidence: TreatmentEvidence, access: Access): TreatmentEvidence {
  const answer = typeof access === 'object' ? `status ${access.status}` : access
  const refused = typeof access === 'object' && access.status === 403
  return {
    ...evidence,
    facts: { ...evidence.facts, strangerRefused: refused },
    mismatches: [
      ...evidence.mismatches,
      ...(refused ? [] : [`A service without an intention was to be answered with status 403; it got: ${answer}.`]),
    ],
  }
}

function inbound({ host, port }: Socket): CounterNames {
  return {
    requests: 'http.public_listener.downstream_rq_total',
    handshakes: `listener.${host}_${port}.ssl.handshake`,
    active: `listener.${host}_${port}.downstream_cx_active`,
    allowed: 'http.public_listener.rbac.allowed',
  }
}

function outbound(service: string): CounterNames {
  const prefix = `http.upstream.${service}.default.default.dc1`
  return {
    requests: `${prefix}.downstream_rq_total`,
    active: `${prefix}.downstream_cx_active`,
    // What only the server's sidecar counts.
    handshakes: `${prefix}.ssl.handshake`,
    allowed: `${prefix}.rbac.allowed`,
  }
}
