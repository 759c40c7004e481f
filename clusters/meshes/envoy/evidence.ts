import type { Traffic, TreatmentEvidence } from '../../mesh.ts'
import type { Pod } from '../../provider.ts'
import { type Access, tryPod } from '../access.ts'
import { fitsCount } from '../request-count.ts'
import { plainCounters, readEnvoyCounters, type SidecarCounters, streamCounters } from './admin.ts'
import { ports } from './ports.ts'
import type { EnvoySettings } from './settings.ts'

/** The sidecars of an arm that can be asked. The client's, where it lives in the pod of each load, is gone with it. */
export interface Sidecars {
  client: Pod | null
  server: Pod
}

export interface Counters {
  client: SidecarCounters | null
  server: SidecarCounters
}

/** Begins to watch the sidecars. Call what it returns after `requestsSent` requests: it returns whether they went the arm's way. */
export async function watchSidecars(
  sidecars: Sidecars,
  settings: EnvoyObservation['settings'],
  read = (of: Sidecars) => readOwn(of, settings.traffic),
): Promise<(sent: number) => Promise<TreatmentEvidence>> {
  const before = await read(sidecars)
  return async (requestsSent) => {
    const after = await read(sidecars).catch(() => null)
    if (!after) return lost(sidecars, requestsSent)
    const [plaintext, anonymous] = await Promise.all([
      tryInbound(sidecars.server, false),
      tryInbound(sidecars.server, true),
    ])
    return envoyEvidence({ settings, requestsSent, before, after, plaintext, anonymous })
  }
}

/** A sidecar that went during the trial is a finding, not a failure of ours. */
function lost(sidecars: Sidecars, requestsSent: number): TreatmentEvidence {
  const pods = [sidecars.client, sidecars.server].filter((pod) => pod !== null)
  const mismatches = pods.map(({ name, running }) =>
    running()
      ? `The sidecar of ${name} could not be asked for its counters.`
      : `The sidecar ${name} ended in the trial.`,
  )
  return { summary: 'mTLS: not known, a sidecar does not answer', facts: { proxies: 2, requestsSent }, mismatches }
}

/** What was seen around one trial. */
export interface EnvoyObservation {
  settings: Pick<EnvoySettings, 'mtls' | 'l7Policy'> & { traffic?: Traffic | undefined; version?: string }
  /** Of TCP streams bytes, here and in the counters. */
  requestsSent: number
  before: Counters
  after: Counters
  /** A plain GET on the server sidecar's inbound port. */
  plaintext: Access
  /** A GET over TLS without a client certificate on the same port. */
  anonymous: Access
}

/** Weighs an observation: are the facts those of a trial whose requests all went the arm's way? */
export function envoyEvidence(seen: EnvoyObservation): TreatmentEvidence {
  const { settings, requestsSent, before, after, plaintext, anonymous } = seen
  const { handshakes } = after.server
  const counted = (side: 'client' | 'server', counter: 'requests' | 'allowed') =>
    (after[side]?.[counter] ?? 0) - (before[side]?.[counter] ?? 0)
  const atServer = counted('server', 'requests')
  const strict = settings.mtls === 'strict'
  const streams = settings.traffic === 'tcp'
  const unit = streams ? 'bytes' : 'requests'
  const requests = `${atServer.toLocaleString('en-US')} ${unit}`
  return {
    summary: strict
      ? `mTLS: ${requests} over ${handshakes.toLocaleString('en-US')} handshakes`
      : `plain text between the sidecars: ${requests}`,
    facts: {
      proxies: 2,
      ...(settings.version === undefined ? {} : { envoyVersion: settings.version }),
      [`${unit}Sent`]: requestsSent,
      ...(after.client ? { [`${unit}AtClientSidecar`]: counted('client', 'requests') } : {}),
      [`${unit}AtServerSidecar`]: atServer,
      ...(settings.l7Policy ? { requestsAllowedByPolicy: counted('server', 'allowed') } : {}),
      handshakes,
      handshakesInTrial: handshakes - before.server.handshakes,
      activeConnections: after.server.active,
      plaintextRefused: plaintext === 'refused',
      withoutCertificateRefused: anonymous === 'refused',
    },
    mismatches: [
      ...(after.client ? countMismatch("The client's sidecar", counted('client', 'requests'), requestsSent, unit) : []),
      ...countMismatch("The server's sidecar", atServer, requestsSent, unit),
      ...(settings.l7Policy ? countMismatch('The policy', counted('server', 'allowed'), requestsSent) : []),
      ...(strict
        ? strictMismatches(handshakes, plaintext, anonymous)
        : plainMismatches(handshakes, streams ? null : plaintext)),
    ],
  }
}

function strictMismatches(handshakes: number, plaintext: Access, anonymous: Access): string[] {
  return [
    ...(handshakes > 0 ? [] : ["The server's sidecar has counted no TLS handshake since the arm was enrolled."]),
    ...accessMismatch('plain text', plaintext),
    ...accessMismatch('a connection without a client certificate', anonymous),
  ]
}

/** A receiver of streams answers no GET: `plaintext` is null then. */
function plainMismatches(handshakes: number, plaintext: Access | null): string[] {
  return [
    ...(handshakes === 0 ? [] : [`The arm is one without TLS, and ${handshakes} TLS handshakes were counted.`]),
    ...(typeof plaintext === 'object'
      ? []
      : ["The arm is one without TLS, and the server's sidecar refuses plain text."]),
  ]
}

async function readOwn({ client, server }: Sidecars, traffic: Traffic = 'http'): Promise<Counters> {
  const counters = traffic === 'tcp' ? streamCounters : plainCounters
  const [atClient, atServer] = await Promise.all([
    client && readEnvoyCounters(client, counters.outbound),
    readEnvoyCounters(server, counters.inbound),
  ])
  return { client: atClient, server: atServer }
}

function tryInbound(server: Pod, tls: boolean): Promise<Access> {
  return tryPod(server, 'inbound' in server.ports ? 'inbound' : ports.inbound, { tls })
}

function countMismatch(who: string, counted: number, sent: number, unit = 'requests'): string[] {
  return fitsCount(counted, sent) ? [] : [`${who} counted ${counted} ${unit} where ${sent} were sent.`]
}

function accessMismatch(what: string, access: Access): string[] {
  if (access === 'refused') return []
  if (access === 'unreachable') return [`Whether ${what} is refused is unknown: nothing listens on the inbound port.`]
  return [`The server's sidecar answered ${what} with status ${access.status} where it had to refuse it.`]
}
