import type { Evidence } from '../../mesh.ts'
import { agrees, type Knock } from '../proof.ts'
import { type AgentStatus, type Flow, isFrom } from './agent.ts'
import type { CiliumMode } from './modes.ts'

/** What was seen around one trial. */
export interface Observation {
  mode: CiliumMode
  /** Whether the arm is one with a policy. */
  policy: boolean
  requestsSent: number
  /** By the workload's own count; null where it has none. */
  requestsAtServer: number | null
  /** What the agent of the server's node said, or why it said nothing. */
  agent: AgentStatus | Error
  /** Flows to the server, or why there are none to be had. */
  flows: readonly Flow[] | Error
  /** What a GET of the stranger got, or why there was none. */
  knock: Knock | Error
  /** The stranger's address. */
  stranger: string
}

/** Weighs an observation: was the arm's policy in force, and did Cilium carry what the client sent? */
export function judge(seen: Observation): Evidence {
  const { policy, requestsSent, requestsAtServer, agent, flows, knock } = seen
  const count = countFlows(seen)
  const refused = knock === 'unreachable'
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
      ...(requestsAtServer === null || agrees(requestsAtServer, requestsSent)
        ? []
        : [`The server counted ${requestsAtServer} requests where ${requestsSent} were sent.`]),
      ...strangerMismatches(policy, knock),
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

function countFlows({ flows, stranger }: Observation): FlowCount | null {
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

function strangerMismatches(policy: boolean, knock: Knock | Error): string[] {
  if (knock instanceof Error) return [`The stranger could not be asked${because(knock)}.`]
  if (!policy)
    return typeof knock === 'object' ? [] : ['The arm is one without policy, and the server did not answer a stranger.']
  if (knock === 'unreachable') return []
  const got = knock === 'refused' ? 'a connection' : `an answer with status ${knock.answered}`
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

function agentMismatches({ mode, agent }: Observation): string[] {
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
