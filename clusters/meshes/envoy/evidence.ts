import type { Evidence } from '../../mesh.ts'
import type { Pod } from '../../provider.ts'
import { agrees, type Knock, knockPlain, knockWithoutCertificate } from '../proof.ts'
import { readCounters, type SidecarCounters } from './admin.ts'

export interface Sidecars {
  client: Pod
  server: Pod
}

interface Counters {
  client: SidecarCounters
  server: SidecarCounters
}

/** Begins to watch both sidecars; the answer, called after `requestsSent` requests, says whether they went the mTLS way. */
export async function watchSidecars(sidecars: Sidecars): Promise<(requestsSent: number) => Promise<Evidence>> {
  const before = await counters(sidecars)
  return async (requestsSent) => {
    const after = await counters(sidecars).catch(() => null)
    if (!after) return lost(sidecars, requestsSent)
    const { host, ports } = sidecars.server
    const [plaintext, anonymous] = await Promise.all([
      knockPlain(host, ports.inbound ?? 0),
      knockWithoutCertificate(host, ports.inbound ?? 0),
    ])
    return judge({ requestsSent, before, after, plaintext, anonymous })
  }
}

/** A sidecar that went during the trial is a finding, not a failure of ours. */
function lost({ client, server }: Sidecars, requestsSent: number): Evidence {
  const mismatches = [client, server].map(({ name, running }) =>
    running() ? `The sidecar ${name} runs, its counters could not be read.` : `The sidecar ${name} ended in the trial.`,
  )
  return { summary: 'mTLS: not known, a sidecar does not answer', facts: { proxies: 2, requestsSent }, mismatches }
}

/** What was seen around one trial. */
export interface Observation {
  requestsSent: number
  before: Counters
  after: Counters
  /** A plain GET on the server sidecar's inbound port. */
  plaintext: Knock
  /** A GET over TLS without a client certificate on the same port. */
  anonymous: Knock
}

/** Weighs an observation: are the facts those of a trial whose requests all went through mTLS? */
export function judge({ requestsSent, before, after, plaintext, anonymous }: Observation): Evidence {
  const atClient = after.client.requests - before.client.requests
  const atServer = after.server.requests - before.server.requests
  const { handshakes } = after.server
  return {
    summary: `mTLS: ${atServer.toLocaleString('en-US')} requests over ${handshakes.toLocaleString('en-US')} handshakes`,
    facts: {
      proxies: 2,
      requestsSent,
      requestsAtClientSidecar: atClient,
      requestsAtServerSidecar: atServer,
      handshakes,
      handshakesInTrial: handshakes - before.server.handshakes,
      activeMtlsConnections: after.server.active,
      plaintextRefused: plaintext === 'refused',
      withoutCertificateRefused: anonymous === 'refused',
    },
    mismatches: [
      ...countMismatch("client's", atClient, requestsSent),
      ...countMismatch("server's", atServer, requestsSent),
      ...(handshakes > 0 ? [] : ["The server's sidecar has counted no TLS handshake since the arm was enrolled."]),
      ...knockMismatch('plain text', plaintext),
      ...knockMismatch('a connection without a client certificate', anonymous),
    ],
  }
}

async function counters({ client, server }: Sidecars): Promise<Counters> {
  const [atClient, atServer] = await Promise.all([readCounters(client, 'outbound'), readCounters(server, 'inbound')])
  return { client: atClient, server: atServer }
}

function countMismatch(whose: string, counted: number, sent: number): string[] {
  return agrees(counted, sent) ? [] : [`The ${whose} sidecar counted ${counted} requests where ${sent} were sent.`]
}

function knockMismatch(what: string, knock: Knock): string[] {
  if (knock === 'refused') return []
  if (knock === 'unreachable') return [`Whether ${what} is refused is unknown: nothing listens on the inbound port.`]
  return [`The server's sidecar answered ${what} with status ${knock.answered} where it had to refuse it.`]
}
