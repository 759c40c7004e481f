import type { Usage } from '../../clusters/provider.ts'
import type { ResourceUsage } from '../../reports/record.ts'
import type { WatchedPod } from './validity.ts'

/** A pod's app, or proxy, and beside it what a mesh has put into the pod: its proxy. */
export function resourcesOf({ pod, before, after }: WatchedPod, requests: number): ResourceUsage[] {
  const sidecars = Object.entries(after.sidecars ?? {}).map(([name, use]) =>
    resourceUsage(`${pod.name}/${name}`, 'proxy', before.sidecars?.[name]?.cpuMs ?? null, use, requests),
  )
  return [resourceUsage(pod.name, pod.role, before.cpuMs, after, requests), ...sidecars]
}

/** What one container took between two readings. Null where one of them is missing, and a request's share where there was none. */
export function resourceUsage(
  pod: string,
  role: ResourceUsage['role'],
  cpuMsBefore: number | null,
  { cpuMs: cpuMsAfter, memoryBytes }: Pick<Usage, 'cpuMs' | 'memoryBytes'>,
  requests: number,
): ResourceUsage {
  const cpuMs = cpuMsBefore === null || cpuMsAfter === null ? null : cpuMsAfter - cpuMsBefore
  const cpuUsPerRequest = cpuMs === null || requests === 0 ? null : (cpuMs * 1000) / requests
  return { pod, role, cpuMs, cpuUsPerRequest, memoryBytes }
}
