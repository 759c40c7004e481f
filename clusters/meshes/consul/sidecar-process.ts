import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { FoundProgram } from '../../program.ts'
import type { Cluster, Endpoint, Pod, Program } from '../../provider.ts'
import { ports } from '../envoy/ports.ts'
import { type Socket, socketOf } from '../socket.ts'
import { type AgentPorts, envoyArguments, proxyArguments } from './commands.ts'
import { proxyOf } from './services.ts'
import type { ConsulSettings } from './settings.ts'

const readyLimitMs = 60_000

export interface ConsulPrograms {
  consul: FoundProgram
  envoy: FoundProgram
}

/** What the sidecars of a mesh have in common. */
export interface SidecarPlace {
  cluster: Cluster
  programs: ConsulPrograms
  agent: Pod
  /** Where their first configuration is kept. */
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
  /** Registers it with the agent, as soon as its address is known. */
  register(at: Endpoint): Promise<void>
}

/** Starts a sidecar; returns it once it takes requests. */
export function startSidecar(place: SidecarPlace, sidecar: SidecarProcess): Promise<Pod> {
  const { name, namespace, beside, register } = sidecar
  return place.cluster.deploy({
    name,
    namespace,
    role: 'proxy',
    ports,
    readinessProbe: { port: 'admin', path: '/ready', timeoutMs: readyLimitMs },
    ...(beside ? { beside } : {}),
    program: async (at) => {
      await register(at)
      return program(place, sidecar, socketOf(at, 'admin'))
    },
  })
}

/** Consul writes the configuration and Envoy is run with it: in a process that was Consul's, CPU time is known less exactly. */
async function program(
  { cluster, programs: { consul, envoy }, agent, folder }: SidecarPlace,
  { name, namespace, service, settings }: SidecarProcess,
  admin: Socket,
): Promise<Program> {
  const { http, grpc } = agent.ports as AgentPorts
  const args = [...proxyArguments(proxyOf(service), { host: agent.host, http, grpc }, admin), '-bootstrap']
  const lines: string[] = []
  await cluster.run({
    name: `${name}-bootstrap`,
    namespace,
    program: { kind: 'binary', file: consul.file, args, version: consul.version },
    input: '',
    timeoutMs: readyLimitMs,
    onLine: (line) => lines.push(line),
  })
  const config = join(folder, `${namespace}-${name}.json`)
  await writeFile(config, lines.join('\n'), { mode: 0o600 })
  const own = ['--config-path', config, '--disable-hot-restart', ...envoyArguments(settings)]
  return { kind: 'binary', file: envoy.file, args: own, version: envoy.version }
}
