import { z } from 'zod'
import type { Usage } from '../provider.ts'
import type { CgroupReader } from './cgroup.ts'
import type { KubeClient } from './client.ts'
import type { ContainerName } from './logs.ts'

const container = z.object({
  name: z.string(),
  cpu: z.object({ time: z.string(), usageCoreNanoSeconds: z.number().optional() }).optional(),
  memory: z.object({ workingSetBytes: z.number().optional() }).optional(),
})
const summarySchema = z.object({
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
async function summaryOf(
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
  const found = summarySchema
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

/**
 * CPU and memory of a pod's app, its proxies apart. A container's CPU time is what its cgroup counts at this moment,
 * where it can be read; else what the kubelet last measured.
 */
export async function usageOf(
  client: KubeClient,
  node: string,
  app: ContainerName,
  cgroups: ReadonlyMap<string, CgroupReader>,
): Promise<Usage> {
  const [summary, read] = await Promise.all([
    summaryOf(client, node, app),
    Promise.all([...cgroups].map(async ([name, reader]) => [name, await reader.read()] as const)),
  ])
  const exact = new Map(read)
  const of = (name: string): ContainerUsage => ({
    cpuMs: exact.get(name)?.cpuMs ?? summary[name]?.cpuMs ?? null,
    memoryBytes: summary[name]?.memoryBytes ?? exact.get(name)?.memoryBytes ?? null,
  })
  const sidecars = [...new Set([...Object.keys(summary), ...exact.keys()])].filter((name) => name !== app.container)
  return {
    ...of(app.container),
    throttledMs: exact.get(app.container)?.throttledMs ?? null,
    ...(sidecars.length > 0 ? { sidecars: Object.fromEntries(sidecars.map((name) => [name, of(name)])) } : {}),
  }
}
