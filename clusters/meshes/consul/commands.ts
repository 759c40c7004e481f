import type { Socket } from '../socket.ts'
import type { ConsulSettings } from './settings.ts'

/** Where an agent listens. */
export const agentPorts = { http: 8500, grpc: 8502, server: 8300, serf: 8301 }
export type AgentPorts = Record<keyof typeof agentPorts, number>

/** Where sidecars find their agent. */
export interface AgentAddress {
  host: string
  http: number
  grpc: number
}

/** Answers 200 as soon as certificates can be issued. */
export const agentReadiness = { port: 'http', path: '/v1/connect/ca/roots' } as const

/**
 * What an agent is run with: one that is its own only server, keeps everything in memory, and lets nobody through to a
 * service without an intention. It takes calls at `listen`, and talks to itself at `own`.
 */
export function agentArguments(listen: string, own: string, ports: AgentPorts): string[] {
  return [
    ...['agent', '-dev', '-log-level=info', '-node=meshmark', `-bind=${own}`, `-client=${listen}`],
    ...[`-http-port=${ports.http}`, `-grpc-port=${ports.grpc}`, '-grpc-tls-port=-1', '-dns-port=-1'],
    ...[`-server-port=${ports.server}`, `-serf-lan-port=${ports.serf}`, '-serf-wan-port=-1'],
    // Asks nobody about newer versions.
    ...['-hcl=default_intention_policy="deny"', '-hcl=disable_update_check=true'],
  ]
}

/** What Consul is run with to write the first configuration of an Envoy, or to become that Envoy. */
export function proxyArguments(proxyId: string, agent: AgentAddress, admin: Socket): string[] {
  return [
    ...['connect', 'envoy', `-proxy-id=${proxyId}`, `-admin-bind=${admin.host}:${admin.port}`],
    ...[`-http-addr=http://${agent.host}:${agent.http}`, `-grpc-addr=http://${agent.host}:${agent.grpc}`],
    // This Envoy is newer than those that Consul knows.
    '-ignore-envoy-compatibility',
  ]
}

/** What the Envoy itself is run with. */
export function envoyArguments({ proxyConcurrency }: ConsulSettings): string[] {
  return ['--concurrency', String(proxyConcurrency), '--log-level', 'warning']
}
