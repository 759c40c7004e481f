import type { Pod } from '../../provider.ts'
import { parseMetrics, sumOf } from '../metrics.ts'

/** Where a proxy serves its counters, past the mesh. */
const statsPort = 15090

/** What the server's proxy has counted since it started, of one of its app's ports. */
export interface IstioCounters {
  requests: number
  connections: number
  /** How many of these are mTLS. */
  secured: number
  handshakes: number
  /** Requests that a policy has let pass. */
  allowed: number
  /** Requests that were sent to the app once more. */
  retries: number
  /** How many threads it has. */
  threads: number
}

/** Istio has its proxies keep hardly any of Envoy's counters; these are what evidence is made of. */
export const keptStats = [
  'http\\.inbound_.*\\.(downstream_(rq|cx|cx_ssl)_total|rbac\\.allowed)',
  'listener\\..*_15006\\.ssl\\.handshake',
  'cluster\\.inbound.*\\.upstream_rq_retry',
]

/** Asks a pod's proxy for its counters; one that Envoy has not used yet is 0. Throws when it does not answer. */
export async function readIstioCounters(pod: Pod, port: number): Promise<IstioCounters> {
  const filter = `^(http\\.inbound_|listener\\..*_15006\\.ssl|cluster\\.inbound|server\\.concurrency)`
  const query = new URLSearchParams({ filter })
  const { status, body } = await pod.get(statsPort, `/stats/prometheus?${query}`, { timeoutMs: 10_000 })
  if (status !== 200) throw new Error(`the proxy of ${pod.name} answered ${status}`)
  return parseIstioCounters(body, port)
}

/** Picks the counters of an app's port out of a proxy's metrics. */
export function parseIstioCounters(text: string, port: number): IstioCounters {
  const metrics = parseMetrics(text)
  const prefix = { http_conn_manager_prefix: new RegExp(`^inbound_.*_${port}$`) }
  return {
    requests: sumOf(metrics, 'envoy_http_downstream_rq_total', prefix),
    connections: sumOf(metrics, 'envoy_http_downstream_cx_total', prefix),
    secured: sumOf(metrics, 'envoy_http_downstream_cx_ssl_total', prefix),
    handshakes: sumOf(metrics, 'envoy_listener_ssl_handshake', { listener_address: /_15006$/ }),
    allowed: sumOf(metrics, 'envoy_http_rbac', { ...prefix, authz_enforce_result: 'allowed' }),
    retries: sumOf(metrics, 'envoy_cluster_upstream_rq_retry', { cluster_name: `inbound|${port}||` }),
    threads: sumOf(metrics, 'envoy_server_concurrency'),
  }
}
