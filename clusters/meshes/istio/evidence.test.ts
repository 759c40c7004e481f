import { expect, test } from 'vitest'
import { type IstioSidecarObservation, istioSidecarEvidence } from './evidence.ts'
import { type IstioCounters, parseIstioCounters } from './stats.ts'

const none: IstioCounters = {
  requests: 0,
  connections: 0,
  secured: 0,
  handshakes: 0,
  allowed: 0,
  retries: 0,
  threads: 1,
}
const settings = { mtls: 'strict', l7Policy: false, proxyConcurrency: 1 } as const
const fitting: IstioSidecarObservation = {
  settings,
  requestsSent: 1000,
  injected: true,
  clients: { seen: 1, injected: 1 },
  before: { ...none, requests: 500, connections: 16, secured: 16, handshakes: 16 },
  after: { ...none, requests: 1503, connections: 32, secured: 32, handshakes: 32 },
  plaintext: 'refused',
  anonymous: 'refused',
  unmarked: [],
}
const counted = (after: Partial<IstioCounters>): IstioSidecarObservation => ({
  ...fitting,
  after: { ...(fitting.after as IstioCounters), ...after },
})

test('a trial whose requests all went the way of its arm', () => {
  expect(istioSidecarEvidence(fitting)).toEqual({
    summary: 'mTLS: 1,003 requests over 16 handshakes',
    facts: {
      serverProxy: true,
      clientsSeen: 1,
      clientsWithProxy: 1,
      requestsSent: 1000,
      plaintextRefused: true,
      requestsAtServerProxy: 1003,
      connections: 16,
      connectionsSecured: 16,
      handshakes: 16,
      retries: 0,
      proxyThreads: 1,
    },
    mismatches: [],
  })
})

test.for<[string, IstioSidecarObservation, string[]]>([
  ['other requests', counted({ requests: 1511 }), ["The server's proxy counted 1011 requests where 1000 were sent."]],
  [
    'a namespace that was taken out while the load ran',
    { ...fitting, unmarked: ['istio-injection=enabled'] },
    ['The namespace was taken out of the mesh: it no longer bears istio-injection=enabled.'],
  ],
  [
    'plain text beside mTLS',
    counted({ connections: 40 }),
    ["8 of 24 connections to the server's proxy were plain text."],
  ],
  [
    'no new connection',
    counted({ connections: 16, secured: 16, handshakes: 16 }),
    ["The server's proxy counted no connection with mTLS in the trial."],
  ],
  [
    'mTLS where there is to be none',
    { ...fitting, settings: { ...settings, mtls: 'off' }, plaintext: { status: 200 } },
    ['The arm is one without mTLS, and 16 connections had it.'],
  ],
  [
    'a policy that was not asked',
    { ...counted({ allowed: 12 }), settings: { ...settings, l7Policy: true } },
    ['The policy let 12 requests pass where 1000 were sent.'],
  ],
  [
    'a policy that the arm does not have',
    counted({ allowed: 1000 }),
    ['The arm has no policy, and one was asked about 1000 requests.'],
  ],
  ['hidden failures', counted({ retries: 2 }), ["The server's proxy sent 2 requests once more, which hides failures."]],
  ['more threads', counted({ threads: 2 }), ["The server's proxy has 2 threads where it was to have 1."]],
  [
    'a client without a proxy',
    { ...fitting, clients: { seen: 4, injected: 3 } },
    ['1 of 4 pods of the load had no istio-proxy.'],
  ],
  [
    'no client at all',
    { ...fitting, clients: { seen: 0, injected: 0 } },
    ['No pod was seen that the load could have come from.'],
  ],
  [
    'plain text that is answered',
    { ...fitting, plaintext: { status: 404 } },
    ['The server answered plain text from outside the mesh with status 404 where it had to be refused.'],
  ],
  [
    'a port that cannot be reached',
    { ...fitting, anonymous: 'unreachable' },
    ["Whether a connection without a client certificate is refused is unknown: the server's port cannot be reached."],
  ],
  [
    'plain text that is refused where it may be used',
    { ...fitting, settings: { ...settings, mtls: 'permissive' } },
    ['Plain text from outside the mesh is not answered, and was to be.'],
  ],
  [
    'a proxy that says nothing',
    { ...fitting, after: null },
    ["The server's proxy could not be asked for its counters."],
  ],
])('%s', ([, seen, mismatches]) => {
  expect(istioSidecarEvidence(seen).mismatches).toEqual(mismatches)
})

test("the counters of one port are read out of a proxy's answer", () => {
  // As a proxy of Istio 1.31.0 answered.
  const answer = `# TYPE envoy_http_downstream_rq_total counter
envoy_http_downstream_rq_total{http_conn_manager_prefix="inbound_0.0.0.0_8080"} 1651
envoy_http_downstream_rq_total{http_conn_manager_prefix="inbound_0.0.0.0_9090"} 7
# TYPE envoy_http_downstream_cx_total counter
envoy_http_downstream_cx_total{http_conn_manager_prefix="inbound_0.0.0.0_8080"} 17
envoy_http_downstream_cx_ssl_total{http_conn_manager_prefix="inbound_0.0.0.0_8080"} 16
# TYPE envoy_http_rbac counter
envoy_http_rbac{authz_enforce_result="allowed",http_conn_manager_prefix="inbound_0.0.0.0_8080"} 1651
envoy_http_rbac{authz_enforce_result="denied",http_conn_manager_prefix="inbound_0.0.0.0_8080"} 3
envoy_http_rbac{authz_dry_run_action="allow",authz_dry_run_result="allowed",http_conn_manager_prefix="inbound_0.0.0.0_8080"} 5
# TYPE envoy_listener_ssl_handshake counter
envoy_listener_ssl_handshake{listener_address="0.0.0.0_15006"} 16
envoy_cluster_upstream_rq_retry{cluster_name="inbound|8080||"} 2
envoy_cluster_upstream_rq_retry{cluster_name="xds-grpc"} 4
# TYPE envoy_server_concurrency gauge
envoy_server_concurrency{} 1
`
  expect(parseIstioCounters(answer, 8080)).toEqual({
    requests: 1651,
    connections: 17,
    secured: 16,
    handshakes: 16,
    allowed: 1651,
    retries: 2,
    threads: 1,
  })
})
