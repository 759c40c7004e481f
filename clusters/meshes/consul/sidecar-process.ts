import type { Cluster, Endpoint, Pod } from '../../provider.ts'
import type { FoundProgram } from '../../tools/program.ts'
import { ports } from '../envoy/ports.ts'
import { type AgentPorts, proxyArguments } from './commands.ts'
import { proxyOf, type Socket } from './services.ts'
import type { ConsulSettings } from './settings.ts'

const readyLimitMs = 60_000

export interface Programs {
  consul: FoundProgram
  envoy: FoundProgram
}

/** What the sidecars of a mesh have in common. */
export interface SidecarPlace {
  cluster: Cluster
  programs: Programs
  agent: Pod
  /** Their temporary folder: each gets its first configuration through it. */
  folder: string
}

/** A sidecar that is to be started as a process. */
export interface SidecarProcess {
  name: string
  namespace: string
  service: string
  settings: ConsulSettings
  /** The server whose address it shares. */
  beside?: Pod
  /** Tells the agent of it, as soon as its place is known. */
  register(at: Endpoint): Promise<void>
}

/** Starts a sidecar, and answers it when it takes requests. */
export function startSidecar(
  { cluster, programs: { consul, envoy }, agent, folder }: SidecarPlace,
  { name, namespace, service, settings, beside, register }: SidecarProcess,
): Promise<Pod> {
  const { http, grpc } = agent.ports as AgentPorts
  return cluster.deploy({
    name,
    namespace,
    role: 'proxy',
    ports,
    env: { TMPDIR: folder },
    readinessProbe: { port: 'admin', path: '/ready', timeoutMs: readyLimitMs },
    ...(beside ? { beside } : {}),
    program: async (at) => {
      await register(at)
      const address = { host: agent.host, http, grpc }
      const args = proxyArguments(proxyOf(service), address, socketOf(at, 'admin'), envoy.file, settings)
      return { kind: 'binary', file: consul.file, args, version: consul.version }
    },
  })
}

export function socketOf({ host, ports }: Endpoint, port: string): Socket {
  return { host, port: ports[port] ?? 0 }
}
