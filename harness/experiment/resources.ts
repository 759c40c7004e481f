import type { Pod, Usage } from '../../clusters/provider.ts'
import type { ResourceUsage } from '../../reports/record.ts'
import type { ReadyArm } from './arms.ts'
import type { WatchedPod } from './validity.ts'

/** A pod's app, or proxy, and beside it what a mesh has put into the pod: its proxy. */
export function resourcesOf({ pod, before, after }: WatchedPod, requests: number): ResourceUsage[] {
  const sidecars = Object.entries(after.sidecars ?? {}).map(([name, use]) =>
    resourceUsage(`${pod.name}/${name}`, 'proxy', before.sidecars?.[name]?.cpuMs ?? null, use, requests),
  )
  return [resourceUsage(pod.name, pod.role, before.cpuMs, after, requests), ...sidecars]
}

/** What one container took between two readings. Null where one of them is missing, and a request's share where there was none. */
function resourceUsage(
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

/** What an arm's containers and its mesh's control plane have used so far. */
export interface Reading {
  pods: Usage[]
  controlPlane: Pick<Usage, 'cpuMs' | 'memoryBytes'>[]
}

const podsOf = ({ server, enrolled }: ReadyArm): Pod[] => [server, ...enrolled.proxies]

/** Reads it. */
export async function readUse(arm: ReadyArm): Promise<Reading> {
  const [pods, controlPlane] = await Promise.all([
    Promise.all(podsOf(arm).map((pod) => pod.usage())),
    Promise.all(arm.controlPlane.map((one) => one.usage())),
  ])
  return { pods, controlPlane }
}

/** The pods of an arm between two readings. */
export const watchedPods = (arm: ReadyArm, before: Reading, after: Reading): WatchedPod[] =>
  podsOf(arm).map((pod, i) => ({ pod, before: before.pods[i] as Usage, after: after.pods[i] as Usage }))

/** What all of them took between two readings, and for each of so many requests. */
export function usedBetween(arm: ReadyArm, before: Reading, after: Reading, requests: number): ResourceUsage[] {
  return [
    ...watchedPods(arm, before, after).flatMap((one) => resourcesOf(one, requests)),
    ...after.controlPlane.map((use, i) =>
      resourceUsage(
        arm.controlPlane[i]?.name ?? '',
        'control-plane',
        before.controlPlane[i]?.cpuMs ?? null,
        use,
        requests,
      ),
    ),
  ]
}
