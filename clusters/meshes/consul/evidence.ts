import type { Evidence } from '../../mesh.ts'
import type { CounterNames } from '../envoy/admin.ts'
import { type Sidecars, watchSidecars } from '../envoy/evidence.ts'
import type { Knock } from '../proof.ts'
import type { Socket } from './services.ts'

/** What is to be known of an arm's sidecars to ask them. */
export interface Watched extends Sidecars {
  /** The server's service. */
  service: string
  /** Where the server's sidecar takes mTLS, as its configuration has it. */
  listen: Socket
  /** Sends a GET to it in the name of a service that no intention lets through; one handshake more, after the trial. */
  stranger(): Promise<Knock>
}

/** As for plain Envoys; the intention counts every request too, and refuses a stranger of the same mesh. */
export async function watchArm(watched: Watched): Promise<(requestsSent: number) => Promise<Evidence>> {
  const prove = await watchSidecars(watched, { mtls: 'strict', l7Policy: true }, counterNames(watched))
  return async (requestsSent) => judgeStranger(await prove(requestsSent), await watched.stranger())
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

function counterNames({
  service,
  listen,
}: Pick<Watched, 'service' | 'listen'>): Record<'inbound' | 'outbound', CounterNames> {
  const inbound = 'http.public_listener'
  const outbound = `http.upstream.${service}.default.default.dc1`
  return {
    inbound: {
      requests: `${inbound}.downstream_rq_total`,
      handshakes: `listener.${listen.host}_${listen.port}.ssl.handshake`,
      active: `listener.${listen.host}_${listen.port}.downstream_cx_active`,
      allowed: `${inbound}.rbac.allowed`,
    },
    outbound: {
      requests: `${outbound}.downstream_rq_total`,
      handshakes: `${outbound}.ssl.handshake`,
      active: `${outbound}.downstream_cx_active`,
      allowed: `${outbound}.rbac.allowed`,
    },
  }
}
