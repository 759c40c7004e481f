import { z } from 'zod'
import type { Usage } from '../provider.ts'
import type { KubeClient } from './client.ts'
import { exec } from './exec.ts'
import type { ContainerName } from './logs.ts'

const container = z.object({
  name: z.string(),
  cpu: z.object({ time: z.string(), usageCoreNanoSeconds: z.number().optional() }).optional(),
  memory: z.object({ workingSetBytes: z.number().optional() }).optional(),
})
const summary = z.object({
  pods: z.array(
    z.object({
      podRef: z.object({ name: z.string(), namespace: z.string() }),
      containers: z.array(container).optional(),
    }),
  ),
})

export interface ContainerUsage {
  cpuMs: number | null
  memoryBytes: number | null
}

/**
 * What the kubelet last measured for each container of a pod, which may be some seconds old; empty when it does not say
 * or we may not ask.
 */
export async function summaryOf(
  client: KubeClient,
  node: string,
  { namespace, pod }: Pick<ContainerName, 'namespace' | 'pod'>,
): Promise<Record<string, ContainerUsage>> {
  const path = `/api/v1/nodes/${node}/proxy/stats/summary?only_cpu_and_memory=true`
  const reply = await client.get(path).catch(() => null)
  if (reply?.status !== 200) return {}
  return containersIn(reply.body, namespace, pod)
}

/** Picks a pod's containers out of a kubelet's summary. */
export function containersIn(body: string, namespace: string, pod: string): Record<string, ContainerUsage> {
  const found = summary
    .parse(JSON.parse(body))
    .pods.find(({ podRef }) => podRef.name === pod && podRef.namespace === namespace)
  return Object.fromEntries(
    (found?.containers ?? []).map(({ name, cpu, memory }) => [
      name,
      {
        cpuMs: cpu?.usageCoreNanoSeconds === undefined ? null : cpu.usageCoreNanoSeconds / 1e6,
        memoryBytes: memory?.workingSetBytes ?? null,
      },
    ]),
  )
}

const cgroup = '/sys/fs/cgroup'
// Version 2, then version 1.
const cgroupFiles = [
  `${cgroup}/cpu.stat`,
  `${cgroup}/memory.current`,
  `${cgroup}/cpuacct/cpuacct.usage`,
  `${cgroup}/cpu,cpuacct/cpuacct.usage`,
  `${cgroup}/cpu/cpu.stat`,
  `${cgroup}/memory/memory.usage_in_bytes`,
]

/** What the container's own cgroup counts at this moment; null when it has no `grep`, or we may not run one. */
export async function cgroupOf(
  client: KubeClient,
  at: ContainerName,
): Promise<(ContainerUsage & { throttledMs: number | null }) | null> {
  const command = ['grep', '-sH', '.', ...cgroupFiles]
  const result = await exec(client, at, command, 5000).catch(() => null)
  return result && result.stdout !== '' ? readCgroup(result.stdout) : null
}

/** Reads `file:line` of cgroup files, of either version. */
export function readCgroup(text: string): ContainerUsage & { throttledMs: number | null } {
  const values = new Map<string, number>()
  for (const line of text.split('\n')) {
    const [, file, key = '', value] = /^[^:]*\/([^/:]+):(?:([a-z_.]+) )?(\d+)$/.exec(line) ?? []
    if (file) values.set(key ? `${file} ${key}` : file, Number(value))
  }
  const scaled = (name: string, scale: number) => {
    const value = values.get(name)
    return value === undefined ? null : value / scale
  }
  return {
    cpuMs: scaled('cpu.stat usage_usec', 1e3) ?? scaled('cpuacct.usage', 1e6),
    memoryBytes: scaled('memory.current', 1) ?? scaled('memory.usage_in_bytes', 1),
    throttledMs: scaled('cpu.stat throttled_usec', 1e3) ?? scaled('cpu.stat throttled_time', 1e6),
  }
}

/**
 * CPU and memory of a pod's app, its proxies apart. CPU time of the app is its cgroup's, exact to the moment, where that
 * can be read; of the rest what the kubelet tells.
 */
export async function usageOf(client: KubeClient, node: string, app: ContainerName): Promise<Usage> {
  const [{ [app.container]: told, ...sidecars }, own] = await Promise.all([
    summaryOf(client, node, app),
    cgroupOf(client, app),
  ])
  return {
    cpuMs: own?.cpuMs ?? told?.cpuMs ?? null,
    memoryBytes: told?.memoryBytes ?? own?.memoryBytes ?? null,
    throttledMs: own?.throttledMs ?? null,
    ...(Object.keys(sidecars).length > 0 ? { sidecars } : {}),
  }
}
