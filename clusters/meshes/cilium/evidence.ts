import type { TreatmentEvidence } from '../../mesh.ts'
import type { Access } from '../access.ts'
import { fitsCount } from '../request-count.ts'
import { type CiliumAgentStatus, type Flow, isFrom } from './agent.ts'
import type { CiliumMode } from './modes.ts'

/** What was seen around one trial. */
export interface CiliumObservation {
  mode: CiliumMode
  /** Whether the arm is one with a policy. */
  policy: boolean
  requestsSent: number
  /** By the workload's own count; null where it has none. */
  requestsAtServer: number | null
  /** The status of the agent of the server's node, or why there is none. */
  agent: CiliumAgentStatus | Error
  /** Flows to the server, or why there are none to be had. */
  flows: readonly Flow[] | Error
  /** What a GET of the stranger got, or why there was none. */
  access: Access | Error
  /** The stranger's address. */
  stranger: string
}

/** Weighs an observation: was the arm's policy in force, and did Cilium carry what the client sent? */
export function ciliumEvidence(seen: CiliumObservation): TreatmentEvidence {
  const { policy, requestsSent, requestsAtServer, agent, flows, access } = seen
  const count = countFlows(seen)
  const refused = access === 'unreachable'
  const served = `${(requestsAtServer ?? requestsSent).toLocaleString('en-US')} requests`
  return {
    summary: policy ? `policy: ${served} let pass, a stranger ${refused ? 'refused' : 'too'}` : `no policy: ${served}`,
    facts: {
      policy,
      requestsSent,
      ...(requestsAtServer === null ? {} : { requestsAtServer }),
      strangerRefused: refused,
      ...(count ? { flowsOfClient: count.client, flowsOfStrangerDropped: count.strangerDropped } : {}),
      ...(agent instanceof Error
        ? {}
        : {
            agentHealthy: agent.healthy,
            kubeProxyReplacement: agent.kubeProxyReplacement,
            routing: agent.routing,
            encryption: agent.encryption,
          }),
    },
    mismatches: [
      ...(requestsAtServer === null || fitsCount(requestsAtServer, requestsSent)
        ? []
        : [`The server counted ${requestsAtServer} requests where ${requestsSent} were sent.`]),
      ...strangerMismatches(policy, access),
      ...(count ? flowMismatches(policy, count) : [`Hubble could not be asked for flows${because(flows)}.`]),
      ...agentMismatches(seen),
    ],
  }
}

const because = (error: unknown) => (error instanceof Error ? ` (${error.message})` : '')

interface FlowCount {
  client: number
  clientDropped: number
  strangerDropped: number
}

function countFlows({ flows, stranger }: CiliumObservation): FlowCount | null {
  if (flows instanceof Error) return null
  const ofClient = flows.filter((flow) => isFrom('client', flow))
  const ofStranger = flows.filter(({ IP }) => IP.source === stranger)
  return {
    client: ofClient.filter(({ verdict }) => verdict === 'FORWARDED').length,
    clientDropped: ofClient.filter(isDropped).length,
    strangerDropped: ofStranger.filter(isDropped).length,
  }
}

const isDropped = ({ verdict, drop_reason_desc }: Flow) => verdict === 'DROPPED' && drop_reason_desc === 'POLICY_DENIED'

function strangerMismatches(policy: boolean, access: Access | Error): string[] {
  if (access instanceof Error) return [`The stranger could not be asked${because(access)}.`]
  if (!policy)
    return typeof access === 'object'
      ? []
      : ['The arm is one without policy, and the server did not answer a stranger.']
  if (access === 'unreachable') return []
  const got = access === 'refused' ? 'a connection' : `an answer with status ${access.status}`
  return [`A stranger got ${got} where the policy had to refuse it.`]
}

function flowMismatches(policy: boolean, { client, clientDropped, strangerDropped }: FlowCount): string[] {
  return [
    ...(client > 0 ? [] : ['Hubble saw nothing of the client get through to the server.']),
    ...(clientDropped === 0 ? [] : [`Hubble saw ${clientDropped} packets of the client being dropped by policy.`]),
    ...(strangerDropped > 0 === policy
      ? []
      : [
          policy
            ? 'Hubble saw nothing of a stranger being dropped by policy.'
            : `The arm is one without policy, and Hubble saw ${strangerDropped} packets of a stranger being dropped by one.`,
        ]),
  ]
}

const encryptions: Partial<Record<CiliumMode, string>> = { wireguard: 'Wireguard', ipsec: 'IPsec', ztunnel: 'Ztunnel' }

function agentMismatches({ mode, agent }: CiliumObservation): string[] {
  if (agent instanceof Error) return [`The agent of the server's node could not be asked how it is${because(agent)}.`]
  const free = mode === 'kube-proxy-free'
  const wanted = [
    ['replacement of kube-proxy', agent.kubeProxyReplacement ? 'on' : 'off', free ? 'on' : 'off'],
    ['routing between nodes', agent.routing, free ? 'Tunnel' : 'Native'],
    ['encryption', agent.encryption, encryptions[mode] ?? 'Disabled'],
  ] as const
  return [
    ...(agent.healthy ? [] : [`The agent of the server's node is not healthy: ${agent.words}.`]),
    ...wanted
      .filter(([, is, wants]) => is !== wants)
      .map(([what, is, wants]) => `Cilium's ${what} is ${is} where the mode ${mode} wants ${wants}.`),
  ]
}
