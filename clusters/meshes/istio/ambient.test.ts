import { expect, test } from 'vitest'
import { kubeconfig } from '../../providers/kubeconfig.ts'
import { parseMetrics } from '../metrics.ts'
import { ambientManifests, markFor } from './ambient.ts'
import { operatorOf } from './operator.ts'
import { releaseFor } from './release.ts'
import { ambientSettings, sidecarSettings } from './settings.ts'
import { type AmbientObservation, istioAmbientEvidence, parseAmbientCounters, ztunnelProtocolTo } from './ztunnel.ts'

// Not run here: there is no image of ztunnel. What its programs answer has the form that Istio's documentation shows.

const workloadsJson = JSON.stringify([
  {
    uid: 'Kubernetes//Pod/arm/http-echo-7f9c',
    workloadIps: ['10.244.2.54'],
    waypoint: { destination: '/10.96.65.117' },
    protocol: 'HBONE',
    name: 'http-echo-7f9c',
    namespace: 'arm',
    serviceAccount: 'default',
    node: 'ambient-worker2',
    status: 'Healthy',
  },
  { workloadIps: ['10.244.1.10'], protocol: 'TCP', name: 'httpbin-65975d4c6f', namespace: 'httpbin' },
])

const metrics = (secured: number, plain: number, requests: number) => `
# TYPE istio_tcp_connections_opened_total counter
istio_tcp_connections_opened_total{reporter="destination",source_workload="load",destination_workload="http-echo",destination_workload_namespace="arm",request_protocol="tcp",response_flags="-",connection_security_policy="mutual_tls"} ${secured}
istio_tcp_connections_opened_total{reporter="source",source_workload="load",destination_workload="http-echo",destination_workload_namespace="arm",connection_security_policy="mutual_tls"} 99
istio_tcp_connections_opened_total{reporter="destination",destination_workload="http-echo",destination_workload_namespace="arm",connection_security_policy="unknown"} ${plain}
istio_tcp_connections_opened_total{reporter="destination",destination_workload="other",destination_workload_namespace="other",connection_security_policy="mutual_tls"} 5
istio_requests_total{reporter="waypoint",destination_workload="http-echo",destination_workload_namespace="arm",response_code="200",connection_security_policy="mutual_tls"} ${requests}
`
const counters = (secured: number, plain = 0, requests = 0) =>
  parseAmbientCounters(parseMetrics(metrics(secured, plain, requests)), 'arm')

const fitting: AmbientObservation = {
  settings: ambientSettings.parse({ waypoint: true }),
  requestsSent: 1000,
  protocol: ztunnelProtocolTo(workloadsJson, 'arm', '10.244.2.54'),
  before: counters(16, 0, 200),
  after: counters(32, 0, 1200),
  plaintext: 'refused',
}

test('a trial whose connections all went from ztunnel to ztunnel', () => {
  expect(istioAmbientEvidence(fitting)).toEqual({
    summary: 'mTLS between nodes: 16 connections, 1000 requests by the waypoint',
    facts: {
      protocol: 'HBONE',
      requestsSent: 1000,
      connectionsSecured: 16,
      connectionsPlain: 0,
      requestsAtWaypoint: 1000,
      plaintextRefused: true,
    },
    mismatches: [],
  })
})

test('a server that ztunnel does not know, and connections past it, are noticed', () => {
  const seen = {
    ...fitting,
    protocol: ztunnelProtocolTo(workloadsJson, 'httpbin', '10.244.1.10'),
    after: counters(16, 16, 0),
  }
  expect(istioAmbientEvidence({ ...seen, before: counters(16), plaintext: { status: 200 } }).mismatches).toEqual([
    'ztunnel reaches the server by TCP, not by HBONE.',
    "The server's ztunnel counted no connection with mTLS in the trial.",
    '16 connections to the server were plain text.',
    'The waypoint counted 0 requests where 1000 were sent.',
    'Plain text from outside the mesh was not refused.',
  ])
  expect(ztunnelProtocolTo(workloadsJson, 'arm', '10.0.0.1')).toBeNull()
})

test('a namespace is told the settings of its arm', () => {
  const settings = ambientSettings.parse({ waypoint: true, l7Policy: true })
  expect(markFor(settings).labels).toEqual({
    'istio.io/dataplane-mode': 'ambient',
    'istio.io/use-waypoint': 'waypoint',
  })
  const [authentication, gateway, policy] = ambientManifests('arm', settings)
  expect(authentication).toMatchObject({ kind: 'PeerAuthentication', spec: { mtls: { mode: 'STRICT' } } })
  expect(gateway).toMatchObject({ kind: 'Gateway', spec: { gatewayClassName: 'istio-waypoint' } })
  expect(policy).toMatchObject({ kind: 'AuthorizationPolicy', spec: { targetRefs: [{ name: 'waypoint' }] } })
  const operator = operatorOf(releaseFor(kubeconfig.traits, 'ambient'), 'ambient', 'run')
  expect(operator.spec).toMatchObject({ profile: 'ambient', hub: 'docker.io/istio', tag: '1.31.0' })
})

test('settings that contradict each other or the mode are named', () => {
  const problems = (schema: typeof ambientSettings | typeof sidecarSettings, given: object) =>
    schema.safeParse(given).error?.issues.map(({ path, message }) => [...path, message].join(': '))
  expect(problems(ambientSettings, { l7Policy: true })).toEqual([
    'l7Policy: false, or with waypoint: true: method and path are known to a waypoint only',
  ])
  expect(problems(ambientSettings, { mtls: 'off' })).toEqual(['mtls: one of: strict, permissive'])
  expect(problems(sidecarSettings, { waypoint: true })?.[0]).toMatch(
    /^no such setting of istio:sidecar; one of: mtls, /,
  )
})
