import { dnsName } from '../../kubernetes/labels.ts'
import type { Socket } from '../socket.ts'
import type { ConfigEntry, Service } from './api.ts'
import type { ConsulSettings } from './settings.ts'

/** What an arm's services are called: one agent holds those of several arms. The stranger is there for the evidence only. */
export interface ServiceNames {
  server: string
  client: string
  stranger: string
}

export function serviceNames(namespace: string): ServiceNames {
  const of = (part: string) => dnsName(`${namespace}-${part}`)
  return { server: of('server'), client: of('client'), stranger: of('stranger') }
}

/** The sidecar that the agent registers together with a service. */
export const proxyOf = (service: string) => `${service}-sidecar-proxy`

/** The agent's configuration for an arm, written before its services: HTTP without a time limit, and only the client may call. */
export function configEntries({ server, client }: ServiceNames, { l7Policy }: ConsulSettings): ConfigEntry[] {
  const allowed = l7Policy
    ? { Permissions: [{ Action: 'allow', HTTP: { PathPrefix: '/', Methods: ['GET', 'POST', 'HEAD'] } }] }
    : { Action: 'allow' }
  return [
    { Kind: 'service-defaults', Name: server, Protocol: 'http' },
    // No limit and, as is Consul's way, no retry: a slow or failed answer is to be seen as what it is.
    { Kind: 'service-resolver', Name: server, RequestTimeout: '1h' },
    { Kind: 'service-intentions', Name: server, Sources: [{ Name: client, ...allowed }] },
  ]
}

/** Envoy's own limits (1024) would answer 503 under load and look like the mesh's failure. */
const unlimited = 1_000_000

/** A server behind its sidecar, which clients' sidecars go to at `reached`; null: nobody can yet. */
export function serverService(
  { server }: ServiceNames,
  settings: ConsulSettings,
  { listen, app, reached }: { listen: Socket; app: Socket; reached: Socket | null },
): Service {
  const proxy = { LocalServiceAddress: app.host, LocalServicePort: app.port }
  const limits = { local_request_timeout_ms: 0, max_inbound_connections: unlimited }
  const check = reached && { TCP: `${reached.host}:${reached.port}`, Interval: '1s', Timeout: '10s' }
  const sidecar = sidecarOf(listen, settings, proxy, limits, check ?? { AliasService: server })
  return { ID: server, Name: server, Port: app.port, ...(reached ? { Address: reached.host } : {}), ...sidecar }
}

/** A client whose sidecar listens for it at `outbound` and goes to the server. Any number of sidecars may go by it. */
export function clientService(
  { client, server }: ServiceNames,
  settings: ConsulSettings,
  { listen, outbound }: { listen: Socket; outbound: Socket },
): Service {
  const limits = { max_connections: unlimited, max_pending_requests: unlimited, max_concurrent_requests: unlimited }
  const upstream = {
    DestinationName: server,
    LocalBindAddress: outbound.host,
    LocalBindPort: outbound.port,
    Config: { limits },
  }
  const sidecar = sidecarOf(listen, settings, { Upstreams: [upstream] }, {}, { AliasService: client })
  return { ID: client, Name: client, ...sidecar }
}

function sidecarOf(listen: Socket, { accessLog }: ConsulSettings, proxy: object, config: object, check: object) {
  const logged = { AccessLogs: { Enabled: true, Type: 'stdout', DisableListenerLogs: true } }
  return {
    Connect: {
      SidecarService: {
        Port: listen.port,
        Checks: [check],
        Proxy: {
          ...proxy,
          ...(accessLog ? logged : {}),
          Config: { ...config, bind_address: listen.host, bind_port: listen.port },
        },
      },
    },
  }
}
