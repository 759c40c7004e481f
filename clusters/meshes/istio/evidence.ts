import type { TreatmentEvidence } from '../../mesh.ts'
import type { Access } from '../access.ts'
import { fitsCount } from '../request-count.ts'
import { proxyMismatches, type SidecarObservation } from '../sidecar-arm.ts'
import type { SidecarSettings } from './settings.ts'
import { istioProxy } from './sidecar.ts'
import type { IstioCounters } from './stats.ts'

export interface IstioSidecarObservation extends SidecarObservation<IstioCounters> {
  settings: Pick<SidecarSettings, 'mtls' | 'l7Policy' | 'proxyConcurrency'>
}

/** Weighs an observation: are the facts those of a trial whose requests all went the arm's way? */
export function istioSidecarEvidence(seen: IstioSidecarObservation): TreatmentEvidence {
  const { settings, requestsSent, injected, clients, before, after, plaintext, anonymous } = seen
  const missing = [...proxyMismatches(istioProxy, seen), ...outsideMismatches(settings.mtls, plaintext, anonymous)]
  const facts = {
    serverProxy: injected,
    clientsSeen: clients.seen,
    clientsWithProxy: clients.injected,
    requestsSent,
    plaintextRefused: plaintext === 'refused',
  }
  if (!before || !after) return { summary: "not known: nothing counts at the server's pod", facts, mismatches: missing }
  const trial = difference(before, after)
  const { requests, connections, secured, handshakes, allowed, retries, threads } = trial
  const counted = `${requests.toLocaleString('en-US')} requests`
  return {
    summary:
      secured > 0
        ? `mTLS: ${counted} over ${handshakes.toLocaleString('en-US')} handshakes`
        : `plain text between the proxies: ${counted}`,
    facts: {
      ...facts,
      requestsAtServerProxy: requests,
      connections,
      connectionsSecured: secured,
      handshakes,
      ...(settings.l7Policy ? { requestsAllowedByPolicy: allowed } : {}),
      retries,
      proxyThreads: threads,
    },
    mismatches: [...missing, ...countMismatches(settings, requestsSent, trial)],
  }
}

function difference(before: IstioCounters, after: IstioCounters): IstioCounters {
  const counters = Object.keys(after) as (keyof IstioCounters)[]
  const all = Object.fromEntries(counters.map((name) => [name, after[name] - before[name]])) as unknown as IstioCounters
  return { ...all, threads: after.threads }
}

function countMismatches(
  { mtls, l7Policy, proxyConcurrency }: IstioSidecarObservation['settings'],
  sent: number,
  { requests, connections, secured, handshakes, allowed, retries, threads }: IstioCounters,
): string[] {
  const plain = connections - secured
  const no = (wrong: boolean, words: string) => (wrong ? [words] : [])
  return [
    ...no(!fitsCount(requests, sent), `The server's proxy counted ${requests} requests where ${sent} were sent.`),
    ...no(mtls !== 'off' && plain > 0, `${plain} of ${connections} connections to the server's proxy were plain text.`),
    ...no(mtls !== 'off' && secured === 0, "The server's proxy counted no connection with mTLS in the trial."),
    ...no(mtls === 'off' && secured > 0, `The arm is one without mTLS, and ${secured} connections had it.`),
    ...no(
      !fitsCount(handshakes, secured),
      `The server's proxy counted ${handshakes} handshakes for ${secured} connections with mTLS.`,
    ),
    ...no(l7Policy && !fitsCount(allowed, sent), `The policy let ${allowed} requests pass where ${sent} were sent.`),
    ...no(!l7Policy && allowed > 0, `The arm has no policy, and one was asked about ${allowed} requests.`),
    ...no(retries > 0, `The server's proxy sent ${retries} requests once more, which hides failures.`),
    ...no(
      threads !== proxyConcurrency,
      `The server's proxy has ${threads} threads where it was to have ${proxyConcurrency}.`,
    ),
  ]
}

function outsideMismatches(mtls: SidecarSettings['mtls'], plaintext: Access, anonymous: Access): string[] {
  if (mtls === 'strict')
    return [
      ...accessMismatch('plain text from outside the mesh', plaintext),
      ...accessMismatch('a connection without a client certificate', anonymous),
    ]
  return typeof plaintext === 'object' ? [] : ['Plain text from outside the mesh is not answered, and was to be.']
}

function accessMismatch(what: string, access: Access): string[] {
  if (access === 'refused') return []
  if (access === 'unreachable') return [`Whether ${what} is refused is unknown: the server's port cannot be reached.`]
  return [`The server answered ${what} with status ${access.status} where it had to be refused.`]
}
