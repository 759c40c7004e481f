import { z } from 'zod'
import type { Pod } from '../../provider.ts'
import { ports } from './ports.ts'

const stats = z.object({ stats: z.array(z.object({ name: z.string(), value: z.number() })) })

/** What a sidecar has counted since it started; `active` is now. */
export interface SidecarCounters {
  requests: number
  handshakes: number
  active: number
  /** Requests that its policy has let pass. */
  allowed: number
}

/** What Envoy calls each counter. */
export type CounterNames = Record<keyof SidecarCounters, string>

/** Those of plain Envoys. */
export const plainCounters = {
  inbound: {
    requests: 'http.inbound.downstream_rq_total',
    handshakes: 'listener.inbound.ssl.handshake',
    active: 'listener.inbound.downstream_cx_active',
    allowed: 'http.inbound.rbac.allowed',
  },
  outbound: {
    requests: 'http.outbound.downstream_rq_total',
    handshakes: 'cluster.upstream.ssl.handshake',
    active: 'cluster.upstream.upstream_cx_active',
    allowed: 'http.outbound.rbac.allowed',
  },
} satisfies Record<string, CounterNames>

/** The same of TCP streams, whose requests are bytes. */
export const streamCounters = {
  inbound: { ...plainCounters.inbound, requests: 'tcp.inbound.downstream_cx_rx_bytes_total' },
  outbound: { ...plainCounters.outbound, requests: 'tcp.outbound.downstream_cx_rx_bytes_total' },
} satisfies Record<string, CounterNames>

/** Asks a sidecar's admin port for its counters; a counter that Envoy has not used yet is 0. Throws when it does not answer. */
export async function readEnvoyCounters(proxy: Pod, names: CounterNames): Promise<SidecarCounters> {
  const filter = `^(${Object.values(names).join('|').replaceAll('.', '\\.')})$`
  const query = new URLSearchParams({ format: 'json', filter })
  const { status, body } = await proxy.get('admin' in proxy.ports ? 'admin' : ports.admin, `/stats?${query}`, {
    timeoutMs: 10_000,
  })
  if (status !== 200) throw new Error(`the admin port of ${proxy.name} answered ${status}`)
  const { stats: found } = stats.parse(JSON.parse(body))
  const value = (name: string) => found.find((stat) => stat.name === name)?.value ?? 0
  return {
    requests: value(names.requests),
    handshakes: value(names.handshakes),
    active: value(names.active),
    allowed: value(names.allowed),
  }
}
