import type { Evidence } from '../../mesh.ts'
import { type CounterNames, readCounters } from '../envoy/admin.ts'
import { type Counters, type Sidecars, watchSidecars } from '../envoy/evidence.ts'
import type { Knock } from '../proof.ts'
import type { Socket } from '../socket.ts'

/** What is to be known of an arm's sidecars to ask them. */
export interface Watched {
  sidecars: Sidecars
  /** The server's service. */
  service: string
  /** Where the server's sidecar takes mTLS, as its configuration has it. */
  listen: Socket
  /** Sends a GET to it in the name of a service that no intention lets through. */
  stranger(): Promise<Knock>
}

/** An arm's evidence: as for plain Envoys, and the intention counts every request too and refuses a stranger of the mesh. */
export class ArmEvidence {
  readonly #watched: Watched
  /** Handshakes that are ours, not the load's. */
  #strangers = 0

  constructor(watched: Watched) {
    this.#watched = watched
  }

  async watch(): Promise<(requestsSent: number) => Promise<Evidence>> {
    const { sidecars, stranger } = this.#watched
    const read = () => this.#read(sidecars)
    const prove = await watchSidecars(sidecars, { mtls: 'strict', l7Policy: true }, read)
    return async (requestsSent) => {
      const evidence = await prove(requestsSent)
      const knock = await stranger()
      if (typeof knock === 'object') this.#strangers++
      return judgeStranger(evidence, knock)
    }
  }

  async #read({ client, server }: Sidecars): Promise<Counters> {
    const { service, listen } = this.#watched
    const [atClient, atServer] = await Promise.all([
      client && readCounters(client, outbound(service)),
      readCounters(server, inbound(listen)),
    ])
    return { client: atClient, server: { ...atServer, handshakes: atServer.handshakes - this.#strangers } }
  }
}

/** Adds to the evidence what a stranger got. */
export function judgeStranger(evidence: Evidence, knock: Knock): Evidence {
  const answer = typeof knock === 'object' ? `status ${knock.answered}` : knock
  const refused = typeof knock === 'object' && knock.answered === 403
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
