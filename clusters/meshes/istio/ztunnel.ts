import { z } from 'zod'
import type { KubeCluster } from '../../kubernetes/cluster.ts'
import type { TreatmentEvidence } from '../../mesh.ts'
import type { Pod } from '../../provider.ts'
import { type Access, tryPod } from '../access.ts'
import { type Metric, parseMetrics, sumOf } from '../metrics.ts'
import { fitsCount } from '../request-count.ts'
import { runMeshCli } from '../run-mesh-cli.ts'
import { istioctl } from './cli.ts'
import { systemNamespace } from './operator.ts'
import { type AmbientSettings, waypointName } from './settings.ts'

const metricsPort = 15020

/** What the proxies of the nodes, and the waypoint, have counted on the way to the pods of a namespace. */
interface AmbientCounters {
  /** Connections that came over mTLS, and others. */
  secured: number
  plain: number
  /** Requests that went through the waypoint. */
  requests: number
}

/** Picks them out of the metrics of all ztunnels and waypoints. */
export function parseAmbientCounters(metrics: readonly Metric[], namespace: string): AmbientCounters {
  const opened = (policy: RegExp) =>
    sumOf(metrics, 'istio_tcp_connections_opened_total', {
      reporter: 'destination',
      destination_workload_namespace: namespace,
      connection_security_policy: policy,
    })
  return {
    secured: opened(/^mutual_tls$/),
    plain: opened(/^(?!mutual_tls$)/),
    requests: sumOf(metrics, 'istio_requests_total', {
      reporter: 'waypoint',
      destination_workload_namespace: namespace,
    }),
  }
}

const workloads = z.array(
  z.object({
    name: z.string(),
    namespace: z.string(),
    protocol: z.string(),
    workloadIps: z.array(z.string()).default([]),
  }),
)

/** How ztunnel reaches a pod, out of what `istioctl ztunnel-config workloads -o json` prints: HBONE is its mTLS, TCP none. */
export function ztunnelProtocolTo(output: string, namespace: string, ip: string): string | null {
  const found = workloads
    .parse(JSON.parse(output))
    .find((one) => one.namespace === namespace && one.workloadIps.includes(ip))
  return found?.protocol ?? null
}

/** What was seen around one trial. */
export interface AmbientObservation {
  settings: AmbientSettings
  requestsSent: number
  protocol: string | null
  before: AmbientCounters
  after: AmbientCounters
  plaintext: Access
}

/** Weighs an observation. Without a waypoint nothing in the mesh knows of requests: connections are counted. */
export function istioAmbientEvidence(seen: AmbientObservation): TreatmentEvidence {
  const { settings, requestsSent, protocol, before, after, plaintext } = seen
  const [secured, plain] = [after.secured - before.secured, after.plain - before.plain]
  const requests = after.requests - before.requests
  const no = (wrong: boolean, words: string) => (wrong ? [words] : [])
  const strict = settings.mtls === 'strict'
  return {
    summary: `mTLS between nodes: ${secured} connections${settings.waypoint ? `, ${requests} requests by the waypoint` : ''}`,
    facts: {
      protocol: protocol ?? 'not known',
      requestsSent,
      connectionsSecured: secured,
      connectionsPlain: plain,
      ...(settings.waypoint ? { requestsAtWaypoint: requests } : {}),
      plaintextRefused: plaintext === 'refused',
    },
    mismatches: [
      ...no(protocol !== 'HBONE', `ztunnel reaches the server by ${protocol ?? 'no way it knows'}, not by HBONE.`),
      ...no(secured === 0, "The server's ztunnel counted no connection with mTLS in the trial."),
      ...no(plain > 0, `${plain} connections to the server were plain text.`),
      ...no(
        settings.waypoint && !fitsCount(requests, requestsSent),
        `The waypoint counted ${requests} requests where ${requestsSent} were sent.`,
      ),
      ...no(strict && plaintext !== 'refused', 'Plain text from outside the mesh was not refused.'),
      ...no(
        !strict && typeof plaintext !== 'object',
        'Plain text from outside the mesh is not answered, and was to be.',
      ),
    ],
  }
}

export async function watchAmbient(
  cluster: KubeCluster,
  namespace: string,
  server: Pod,
  port: string,
  settings: AmbientSettings,
): Promise<(requestsSent: number) => Promise<TreatmentEvidence>> {
  const before = await readAmbient(cluster, namespace)
  return async (requestsSent) => {
    const after = await readAmbient(cluster, namespace)
    const output = await runMeshCli(istioctl, cluster.ref, ['ztunnel-config', 'workloads', '--output', 'json'])
    const protocol = ztunnelProtocolTo(output, namespace, server.endpoints['pod-ip']?.host ?? '')
    const plaintext = await tryPod(server, port)
    return istioAmbientEvidence({ settings, requestsSent, protocol, before, after, plaintext })
  }
}

async function readAmbient({ kube }: KubeCluster, namespace: string): Promise<AmbientCounters> {
  const list = async (at: string, labelSelector: string, path: string) => {
    const { items } = await kube.core.listNamespacedPod({ namespace: at, labelSelector })
    return items.map(({ metadata }) => `/api/v1/namespaces/${at}/pods/${metadata?.name}:${metricsPort}/proxy${path}`)
  }
  const paths = await Promise.all([
    list(systemNamespace, 'app=ztunnel', '/metrics'),
    list(namespace, `gateway.networking.k8s.io/gateway-name=${waypointName}`, '/stats/prometheus'),
  ])
  const replies = await Promise.all(paths.flat().map((path) => kube.get(path)))
  return parseAmbientCounters(
    replies.flatMap(({ status, body }) => (status === 200 ? parseMetrics(body) : [])),
    namespace,
  )
}
