import { expect, test } from 'vitest'
import type { CiliumAgentStatus, Flow } from './agent.ts'
import { type CiliumObservation, ciliumEvidence } from './evidence.ts'

const agent: CiliumAgentStatus = {
  healthy: true,
  words: 'Ok',
  kubeProxyReplacement: false,
  routing: 'Native',
  encryption: 'Disabled',
}
const ofClient: Flow = {
  verdict: 'FORWARDED',
  drop_reason_desc: '',
  IP: { source: '10.244.1.7' },
  source: { labels: ['k8s:meshmark.dev/role=client'] },
}
const ofStranger: Flow = {
  verdict: 'DROPPED',
  drop_reason_desc: 'POLICY_DENIED',
  IP: { source: '10.244.1.9' },
  source: { labels: ['k8s:app=stranger'] },
}
const fitting: CiliumObservation = {
  mode: 'native',
  policy: true,
  requestsSent: 1000,
  requestsAtServer: 1000,
  agent,
  flows: [ofClient, ofClient, ofStranger],
  access: 'unreachable',
  stranger: '10.244.1.9',
}
const open: CiliumObservation = { ...fitting, policy: false, flows: [ofClient], access: { status: 200 } }

test('facts that fit the arm', () => {
  expect(ciliumEvidence(fitting)).toEqual({
    summary: 'policy: 1,000 requests let pass, a stranger refused',
    facts: {
      policy: true,
      requestsSent: 1000,
      requestsAtServer: 1000,
      strangerRefused: true,
      flowsOfClient: 2,
      flowsOfStrangerDropped: 1,
      agentHealthy: true,
      kubeProxyReplacement: false,
      routing: 'Native',
      encryption: 'Disabled',
    },
    mismatches: [],
  })
  expect(ciliumEvidence(open)).toMatchObject({ summary: 'no policy: 1,000 requests', mismatches: [] })
  expect(ciliumEvidence({ ...fitting, requestsAtServer: null }).facts).not.toHaveProperty('requestsAtServer')
  const free = { ...agent, kubeProxyReplacement: true, routing: 'Tunnel' }
  expect(ciliumEvidence({ ...fitting, mode: 'kube-proxy-free', agent: free }).mismatches).toEqual([])
})

test.for<[string, Partial<CiliumObservation>, string[]]>([
  [
    'the policy is not in force',
    { access: { status: 200 }, flows: [ofClient, { ...ofStranger, verdict: 'FORWARDED', drop_reason_desc: '' }] },
    [
      'A stranger got an answer with status 200 where the policy had to refuse it.',
      'Hubble saw nothing of a stranger being dropped by policy.',
    ],
  ],
  [
    'the requests went elsewhere',
    { requestsAtServer: 0, flows: [ofStranger] },
    [
      'The server counted 0 requests where 1000 were sent.',
      'Hubble saw nothing of the client get through to the server.',
    ],
  ],
  [
    'the policy refuses the client at times',
    { flows: [ofClient, { ...ofStranger, ...{ source: ofClient.source, IP: ofClient.IP } }, ofStranger] },
    ['Hubble saw 1 packets of the client being dropped by policy.'],
  ],
  [
    'another mode than the arm has',
    { mode: 'kube-proxy-free', agent: { ...agent, encryption: 'Wireguard' } },
    [
      "Cilium's replacement of kube-proxy is off where the mode kube-proxy-free wants on.",
      "Cilium's routing between nodes is Native where the mode kube-proxy-free wants Tunnel.",
      "Cilium's encryption is Wireguard where the mode kube-proxy-free wants Disabled.",
    ],
  ],
  [
    'an agent that is ill',
    { agent: { ...agent, healthy: false, words: 'Failure controllers' } },
    ["The agent of the server's node is not healthy: Failure controllers."],
  ],
  [
    'nobody who can be asked',
    { agent: new Error('none on worker'), flows: new Error('none on worker'), access: new Error('connection refused') },
    [
      'The stranger could not be asked (connection refused).',
      'Hubble could not be asked for flows (none on worker).',
      "The agent of the server's node could not be asked how it is (none on worker).",
    ],
  ],
])('noticed: %s', ([, change, mismatches]) => {
  expect(ciliumEvidence({ ...fitting, ...change }).mismatches).toEqual(mismatches)
})

test('a policy in an arm without one is noticed', () => {
  expect(ciliumEvidence({ ...open, access: 'unreachable', flows: [ofClient, ofStranger] }).mismatches).toEqual([
    'The arm is one without policy, and the server did not answer a stranger.',
    'The arm is one without policy, and Hubble saw 1 packets of a stranger being dropped by one.',
  ])
})
