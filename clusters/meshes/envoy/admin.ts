import { z } from 'zod'
import type { Pod } from '../../provider.ts'

const stats = z.object({ stats: z.array(z.object({ name: z.string(), value: z.number() })) })

/** What a sidecar has counted since it started; `active` is now. */
export interface SidecarCounters {
  requests: number
  handshakes: number
  active: number
}

const countersOf = {
  inbound: {
    requests: 'http.inbound.downstream_rq_total',
    handshakes: 'listener.inbound.ssl.handshake',
    active: 'listener.inbound.downstream_cx_active',
  },
  outbound: {
    requests: 'http.outbound.downstream_rq_total',
    handshakes: 'cluster.upstream.ssl.handshake',
    active: 'cluster.upstream.upstream_cx_active',
  },
} satisfies Record<string, Record<keyof SidecarCounters, string>>

/** Asks a sidecar's admin port for its counters; a counter that Envoy has not used yet is 0. Throws when it does not answer. */
export async function readCounters(proxy: Pod, direction: keyof typeof countersOf): Promise<SidecarCounters> {
  const names = countersOf[direction]
  const filter = `^(${Object.values(names).join('|').replaceAll('.', '\\.')})$`
  const url = new URL(`http://${proxy.host}:${proxy.ports.admin}/stats`)
  url.search = new URLSearchParams({ format: 'json', filter }).toString()
  const response = await fetch(url, { signal: AbortSignal.timeout(10_000) })
  const { stats: found } = stats.parse(await response.json())
  const value = (name: string) => found.find((stat) => stat.name === name)?.value ?? 0
  return { requests: value(names.requests), handshakes: value(names.handshakes), active: value(names.active) }
}
