import type { Evidence } from '../../mesh.ts'
import { agrees, type Knock } from '../proof.ts'
import { proxyMismatches, type Sighting } from '../sidecar-arm.ts'
import type { SidecarSettings } from './settings.ts'
import { proxyContainer } from './sidecar.ts'
import type { ProxyCounters } from './stats.ts'

export interface Observation extends Sighting<ProxyCounters> {
  settings: Pick<SidecarSettings, 'mtls' | 'l7Policy' | 'proxyConcurrency'>
}

/** Weighs an observation: are the facts those of a trial whose requests all went the arm's way? */
export function judge(seen: Observation): Evidence {
  const { settings, requestsSent, injected, clients, before, after, plaintext, anonymous } = seen
  const missing = [...proxyMismatches(proxyContainer, seen), ...outsideMismatches(settings.mtls, plaintext, anonymous)]
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
  const told = `${requests.toLocaleString('en-US')} requests`
  return {
    summary:
      secured > 0
        ? `mTLS: ${told} over ${handshakes.toLocaleString('en-US')} handshakes`
        : `plain text between the proxies: ${told}`,
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

function difference(before: ProxyCounters, after: ProxyCounters): ProxyCounters {
  const counters = Object.keys(after) as (keyof ProxyCounters)[]
  const all = Object.fromEntries(counters.map((name) => [name, after[name] - before[name]])) as unknown as ProxyCounters
  return { ...all, threads: after.threads }
}

function countMismatches(
  { mtls, l7Policy, proxyConcurrency }: Observation['settings'],
  sent: number,
  { requests, connections, secured, handshakes, allowed, retries, threads }: ProxyCounters,
): string[] {
  const plain = connections - secured
  const no = (wrong: boolean, words: string) => (wrong ? [words] : [])
  return [
    ...no(!agrees(requests, sent), `The server's proxy counted ${requests} requests where ${sent} were sent.`),
    ...no(mtls !== 'off' && plain > 0, `${plain} of ${connections} connections to the server's proxy were plain text.`),
    ...no(mtls !== 'off' && secured === 0, "The server's proxy counted no connection with mTLS in the trial."),
    ...no(mtls === 'off' && secured > 0, `The arm is one without mTLS, and ${secured} connections had it.`),
    ...no(
      !agrees(handshakes, secured),
      `The server's proxy counted ${handshakes} handshakes for ${secured} connections with mTLS.`,
    ),
    ...no(l7Policy && !agrees(allowed, sent), `The policy let ${allowed} requests pass where ${sent} were sent.`),
    ...no(!l7Policy && allowed > 0, `The arm has no policy, and one was asked about ${allowed} requests.`),
    ...no(retries > 0, `The server's proxy sent ${retries} requests once more, which hides failures.`),
    ...no(
      threads !== proxyConcurrency,
      `The server's proxy has ${threads} threads where it was to have ${proxyConcurrency}.`,
    ),
  ]
}

function outsideMismatches(mtls: SidecarSettings['mtls'], plaintext: Knock, anonymous: Knock): string[] {
  if (mtls === 'strict')
    return [
      ...knockMismatch('plain text from outside the mesh', plaintext),
      ...knockMismatch('a connection without a client certificate', anonymous),
    ]
  return typeof plaintext === 'object' ? [] : ['Plain text from outside the mesh is not answered, and was to be.']
}

function knockMismatch(what: string, knock: Knock): string[] {
  if (knock === 'refused') return []
  if (knock === 'unreachable') return [`Whether ${what} is refused is unknown: the server's port cannot be reached.`]
  return [`The server answered ${what} with status ${knock.answered} where it had to be refused.`]
}
