import type { Traffic } from '../../mesh.ts'
import type { Socket } from '../socket.ts'
import type { EnvoySettings } from './settings.ts'

/** Files on the pod with this side's identity and the authority that vouches for both. */
export interface IdentityFiles {
  certificate: string
  privateKey: string
  authority: string
}

interface Sidecar {
  admin: Socket
  listen: Socket
  upstream: Socket
  /** Who it is, and the only URI that the other side's certificate may carry; null: plain text. */
  tls: { identity: IdentityFiles; peer: string } | null
  settings: EnvoySettings
  /** HTTP when not given. */
  traffic?: Traffic | undefined
}

/** Beside the client: plain HTTP from the client, mTLS to the server's sidecar. */
export function clientSidecar({ admin, listen, upstream, tls, settings, traffic }: Sidecar) {
  return bootstrap(admin, listener('outbound', listen, [], settings, traffic), {
    ...cluster(upstream),
    ...(tls
      ? { transport_socket: transportSocket('UpstreamTlsContext', { common_tls_context: tlsContext(tls) }) }
      : {}),
  })
}

/** Beside the server: mTLS from the client's sidecar and from nobody else, plain HTTP to the app. */
export function serverSidecar({ admin, listen, upstream, tls, settings, traffic }: Sidecar) {
  const filters = settings.l7Policy ? [accessPolicy] : []
  const inbound = listener('inbound', listen, filters, settings, traffic)
  if (tls) {
    const context = { common_tls_context: tlsContext(tls), require_client_certificate: true }
    Object.assign(inbound.filter_chains[0], { transport_socket: transportSocket('DownstreamTlsContext', context) })
  }
  return bootstrap(admin, inbound, cluster(upstream))
}

type Json = Record<string, unknown>

/** Envoy closes an idle connection before the server behind it does. Otherwise a request could meet a connection that closes. */
const idleTimeout = '300s'
/** Envoy's own limits (1024) would answer 503 under load and look like the mesh's failure. */
const unlimited = 1_000_000
/** The most that HTTP/2 has, so that a connection's streams are limited by those who open them. */
const maxStreams = 2 ** 31 - 1

function bootstrap(admin: Socket, listener: Json, cluster: Json) {
  return {
    admin: { address: address(admin) },
    static_resources: { listeners: [listener], clusters: [cluster] },
    // Said outright, or Envoy warns that nothing limits connections.
    overload_manager: {
      resource_monitors: [
        {
          name: 'envoy.resource_monitors.global_downstream_max_connections',
          typed_config: {
            '@type': type('extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig'),
            max_active_downstream_connections: unlimited,
          },
        },
      ],
    },
    stats_config: {
      // The counters that evidence is made of, and little else.
      stats_matcher: {
        inclusion_list: {
          patterns: [
            { prefix: 'listener.inbound.' },
            { prefix: 'listener.outbound.' },
            { prefix: 'http.inbound.downstream_' },
            { prefix: 'http.outbound.downstream_' },
            { prefix: 'cluster.upstream.' },
            { prefix: 'http.inbound.rbac.' },
            { prefix: 'tcp.inbound.' },
            { prefix: 'tcp.outbound.' },
          ],
        },
      },
    },
  }
}

function listener(
  name: 'inbound' | 'outbound',
  at: Socket,
  filters: Json[],
  { accessLog }: EnvoySettings,
  traffic: Traffic = 'http',
): Json & { filter_chains: [Json] } {
  return {
    name,
    stat_prefix: name,
    address: address(at),
    // The kernel caps it; many connections open at once when a trial begins.
    tcp_backlog_size: 4096,
    filter_chains: [
      { filters: [traffic === 'tcp' ? byteStream(name, accessLog) : connectionManager(name, filters, accessLog)] },
    ],
  }
}

function connectionManager(name: string, filters: Json[], accessLog: boolean): Json {
  return {
    name: 'envoy.filters.network.http_connection_manager',
    typed_config: {
      '@type': type('extensions.filters.network.http_connection_manager.v3.HttpConnectionManager'),
      stat_prefix: name,
      common_http_protocol_options: { idle_timeout: '3600s' },
      ...(accessLog ? { access_log: [toStdout] } : {}),
      upgrade_configs: [{ upgrade_type: 'websocket' }],
      route_config: {
        virtual_hosts: [
          {
            name: 'all',
            domains: ['*'],
            // No limit and no retry: a slow or failed answer is to be seen as what it is.
            routes: [{ match: { prefix: '/' }, route: { cluster: 'upstream', timeout: '0s' } }],
          },
        ],
      },
      http_filters: [
        ...filters,
        {
          name: 'envoy.filters.http.router',
          typed_config: { '@type': type('extensions.filters.http.router.v3.Router') },
        },
      ],
    },
  }
}

function byteStream(name: string, accessLog: boolean): Json {
  return {
    name: 'envoy.filters.network.tcp_proxy',
    typed_config: {
      '@type': type('extensions.filters.network.tcp_proxy.v3.TcpProxy'),
      stat_prefix: name,
      cluster: 'upstream',
      idle_timeout: '3600s',
      ...(accessLog ? { access_log: [toStdout] } : {}),
    },
  }
}

const toStdout: Json = {
  name: 'envoy.access_loggers.stdout',
  typed_config: { '@type': type('extensions.access_loggers.stream.v3.StdoutAccessLog') },
}

/** Looks at each request's method and path, and lets those of the workloads pass. */
const accessPolicy: Json = {
  name: 'envoy.filters.http.rbac',
  typed_config: {
    '@type': type('extensions.filters.http.rbac.v3.RBAC'),
    rules: {
      action: 'ALLOW',
      policies: {
        workload: {
          principals: [{ any: true }],
          permissions: [
            {
              and_rules: {
                rules: [
                  { header: { name: ':method', string_match: { safe_regex: { regex: 'GET|POST|HEAD' } } } },
                  { url_path: { path: { prefix: '/' } } },
                ],
              },
            },
          ],
        },
      },
    },
  },
}

function cluster(to: Socket): Json {
  return {
    name: 'upstream',
    type: 'STATIC',
    connect_timeout: '5s',
    circuit_breakers: {
      thresholds: [{ max_connections: unlimited, max_pending_requests: unlimited, max_requests: unlimited }],
    },
    typed_extension_protocol_options: {
      'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
        '@type': type('extensions.upstreams.http.v3.HttpProtocolOptions'),
        common_http_protocol_options: { idle_timeout: idleTimeout },
        // What came as HTTP/2 goes on as HTTP/2: gRPC has to.
        use_downstream_protocol_config: {
          http_protocol_options: {},
          http2_protocol_options: { max_concurrent_streams: maxStreams },
        },
      },
    },
    load_assignment: {
      cluster_name: 'upstream',
      endpoints: [{ lb_endpoints: [{ endpoint: { address: address(to) } }] }],
    },
  }
}

function transportSocket(context: 'UpstreamTlsContext' | 'DownstreamTlsContext', settings: Json): Json {
  return {
    name: 'envoy.transport_sockets.tls',
    typed_config: { '@type': type(`extensions.transport_sockets.tls.v3.${context}`), ...settings },
  }
}

function tlsContext({ identity, peer }: NonNullable<Sidecar['tls']>): Json {
  const { certificate, privateKey, authority } = identity
  return {
    tls_params: { tls_minimum_protocol_version: 'TLSv1_3', tls_maximum_protocol_version: 'TLSv1_3' },
    tls_certificates: [{ certificate_chain: { filename: certificate }, private_key: { filename: privateKey } }],
    validation_context: {
      trusted_ca: { filename: authority },
      match_typed_subject_alt_names: [{ san_type: 'URI', matcher: { exact: peer } }],
    },
  }
}

function address({ host, port }: Socket): Json {
  return { socket_address: { address: host, port_value: port } }
}

function type(message: string): string {
  return `type.googleapis.com/envoy.${message}`
}
