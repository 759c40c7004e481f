import type { TreatmentEvidence } from '../../mesh.ts'
import type { Pod } from '../../provider.ts'
import { parseMetrics, sumOf } from '../metrics.ts'
import { fitsCount } from '../request-count.ts'
import { proxyMismatches, type SidecarObservation } from '../sidecar-arm.ts'
import { type LinkerdSettings, linkerdProxy } from './settings.ts'

/** Where a proxy serves its metrics, past the mesh. */
const metricsPort = 4191

/** What the server's proxy has counted since it started. The kubelet's readiness probes are not among it: they are plain text. */
export interface LinkerdCounters {
  /** Requests that came over mTLS. */
  requests: number
  /** Connections with mTLS. */
  connections: number
}

/** Asks a pod's proxy for its counters. Throws when it does not answer. */
export async function readLinkerdCounters(pod: Pod): Promise<LinkerdCounters> {
  const { status, body } = await pod.get(metricsPort, '/metrics', { timeoutMs: 10_000 })
  if (status !== 200) throw new Error(`the proxy of ${pod.name} answered ${status}`)
  return parseLinkerdCounters(body)
}

export function parseLinkerdCounters(text: string): LinkerdCounters {
  const metrics = parseMetrics(text)
  const inbound = { direction: 'inbound', tls: 'true' }
  return {
    requests: sumOf(metrics, 'request_total', inbound),
    connections: sumOf(metrics, 'tcp_open_total', { ...inbound, peer: 'src' }),
  }
}

export interface LinkerdObservation extends SidecarObservation<LinkerdCounters> {
  settings: Pick<LinkerdSettings, 'mtls'>
}

/** Weighs an observation: are the facts those of a trial whose requests all went the arm's way? */
export function linkerdEvidence(seen: LinkerdObservation): TreatmentEvidence {
  const { settings, requestsSent, injected, clients, before, after, plaintext } = seen
  // What has no identity is answered 403 where one is needed.
  const refused = plaintext === 'refused' || (typeof plaintext === 'object' && plaintext.status === 403)
  const answered = typeof plaintext === 'object' && !refused
  const requests = before && after ? after.requests - before.requests : null
  const connections = before && after ? after.connections - before.connections : null
  const no = (wrong: boolean, words: string) => (wrong ? [words] : [])
  return {
    summary:
      requests === null
        ? "not known: nothing counts at the server's pod"
        : `mTLS: ${requests.toLocaleString('en-US')} requests over ${connections} connections`,
    facts: {
      serverProxy: injected,
      clientsSeen: clients.seen,
      clientsWithProxy: clients.injected,
      requestsSent,
      ...(requests === null ? {} : { requestsAtServerProxy: requests }),
      ...(connections === null ? {} : { connectionsSecured: connections }),
      plaintextRefused: refused,
    },
    mismatches: [
      ...proxyMismatches(linkerdProxy, seen),
      ...no(
        requests !== null && !fitsCount(requests, requestsSent),
        `The server's proxy counted ${requests} requests with mTLS where ${requestsSent} were sent.`,
      ),
      ...no(connections === 0, "The server's proxy counted no connection with mTLS in the trial."),
      ...no(settings.mtls === 'strict' && !refused, 'Plain text from outside the mesh was not refused.'),
      ...no(
        settings.mtls === 'permissive' && !answered,
        'Plain text from outside the mesh is not answered, and was to be.',
      ),
    ],
  }
}
