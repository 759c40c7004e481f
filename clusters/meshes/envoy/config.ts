/** An address and port that Envoy listens on or connects to. */
export interface Socket {
  host: string
  port: number
}

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
  identity: IdentityFiles
  /** The only URI that the other side's certificate may carry. */
  peer: string
}

/** Beside the client: plain HTTP from the client, mTLS to the server's sidecar. */
export function clientSidecar({ admin, listen, upstream, identity, peer }: Sidecar) {
  return bootstrap(admin, listener('outbound', listen), {
    ...cluster(upstream),
    transport_socket: tls('UpstreamTlsContext', { common_tls_context: tlsContext(identity, peer) }),
  })
}

/** Beside the server: mTLS from the client's sidecar and from nobody else, plain HTTP to the app. */
export function serverSidecar({ admin, listen, upstream, identity, peer }: Sidecar) {
  const transportSocket = tls('DownstreamTlsContext', {
    common_tls_context: tlsContext(identity, peer),
    require_client_certificate: true,
  })
  return bootstrap(admin, listener('inbound', listen, transportSocket), cluster(upstream))
}

type Json = Record<string, unknown>

/** Idle connections go before those of the servers behind do, or a request could meet a closing one. */
const idleTimeout = '300s'
/** Envoy's own limits (1024) would answer 503 under load and look like the mesh's failure. */
const unlimited = 1_000_000

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
          ],
        },
      },
    },
  }
}

function listener(name: 'inbound' | 'outbound', at: Socket, transportSocket?: Json): Json {
  const chain = { filters: [connectionManager(name)] }
  return {
    name,
    stat_prefix: name,
    address: address(at),
    // The kernel caps it; many connections open at once when a trial begins.
    tcp_backlog_size: 4096,
    filter_chains: [transportSocket ? { ...chain, transport_socket: transportSocket } : chain],
  }
}

function connectionManager(name: string): Json {
  return {
    name: 'envoy.filters.network.http_connection_manager',
    typed_config: {
      '@type': type('extensions.filters.network.http_connection_manager.v3.HttpConnectionManager'),
      stat_prefix: name,
      common_http_protocol_options: { idle_timeout: '3600s' },
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
        {
          name: 'envoy.filters.http.router',
          typed_config: { '@type': type('extensions.filters.http.router.v3.Router') },
        },
      ],
    },
  }
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
        explicit_http_config: { http_protocol_options: {} },
      },
    },
    load_assignment: {
      cluster_name: 'upstream',
      endpoints: [{ lb_endpoints: [{ endpoint: { address: address(to) } }] }],
    },
  }
}

function tls(context: 'UpstreamTlsContext' | 'DownstreamTlsContext', settings: Json): Json {
  return {
    name: 'envoy.transport_sockets.tls',
    typed_config: { '@type': type(`extensions.transport_sockets.tls.v3.${context}`), ...settings },
  }
}

function tlsContext({ certificate, privateKey, authority }: IdentityFiles, peer: string): Json {
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
