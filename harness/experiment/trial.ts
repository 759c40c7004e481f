import type { EnrolledArm } from '../../clusters/mesh.ts'
import type { Cluster, Pod, Program, Usage } from '../../clusters/provider.ts'
import { local } from '../../clusters/providers/local.ts'
import type { LoadResult } from '../../reports/load-result.ts'
import type { ResourceUsage, Trial } from '../../reports/record.ts'
import { leadMs, readFleet, splitLoad } from '../agent/fleet.ts'
import { agentInput } from '../agent/input.ts'
import { longestRunMs, readAgent } from '../agent/process.ts'
import { HarnessError } from '../errors.ts'
import type { TargetedPlan } from '../load/plan.ts'
import type { LoadProgress } from '../load/result/progress.ts'
import { targetRateOf } from '../load/result/result.ts'
import type { ReadyArm } from './arms.ts'
import { trialValidity, type WatchedPod } from './validity.ts'

/** What a load reports each second, and the rate it is to have; null: as fast as the replies come. */
export type TrialProgress = LoadProgress & { targetRate: number | null }

/**
 * Runs the load as a job of the cluster, or of this machine: one agent, or several that begin together and whose results are
 * merged. Throws HarnessError LOAD_FAILED with the agent's own words.
 */
export async function runAgents(
  cluster: Cluster,
  program: Program,
  { namespace, client, enrolled }: Pick<ReadyArm, 'namespace' | 'client'> & { enrolled: Pick<EnrolledArm, 'client'> },
  { agents, ...spec }: TargetedPlan & { agents: number },
  onProgress: (progress: TrialProgress) => void,
): Promise<LoadResult> {
  const alone = agents === 1
  const targetRate = targetRateOf(spec)
  const report = (progress: LoadProgress) => onProgress({ ...progress, targetRate })
  const output = alone ? readAgent(report) : readFleet(agents, report)
  // Programs that run on this machine are the local provider's, whose reaper knows them by the run's label.
  await using outside = client === 'outside' ? await local.connect(cluster.ref) : null
  const failure = await (outside ?? cluster)
    .run({
      name: 'load',
      namespace,
      ...(client === 'outside' ? {} : { placement: client, treatment: enrolled.client }),
      program,
      ...(spec.tool !== undefined && cluster.ref.kube?.toolImage ? { image: cluster.ref.kube.toolImage } : {}),
      input: alone ? agentInput(spec) : splitLoad(spec, agents).map(agentInput),
      ...('begin' in output ? { begin: output.begin } : {}),
      timeoutMs: longestRunMs(spec) + (alone ? 0 : leadMs),
      onLine: output.line,
    })
    .catch((cause: Error) => cause)
  try {
    return output.result()
  } catch (error) {
    const because = failure ? `\n${failure.message}` : ''
    throw new HarnessError('LOAD_FAILED', `load on ${spec.url}: ${(error as Error).message}${because}`, {
      cause: failure ?? error,
    })
  }
}

/**
 * One measured execution of load on one arm, with what the arm's processes used and what proves the treatment. `idle` are the pods of
 * the arms whose turn it is not: what they use meanwhile is what all arms at once cost each other.
 */
export async function runTrial(
  cluster: Cluster,
  agent: Program,
  arm: ReadyArm,
  spec: TargetedPlan & { agents: number },
  position: { index: number; block: number },
  onProgress: (progress: TrialProgress) => void,
  idle: readonly Pod[] = [],
): Promise<Trial> {
  const pods = [arm.server, ...arm.enrolled.proxies]
  const startedAt = new Date().toISOString()
  const prove = await arm.enrolled.watch()
  const usesOf = () => Promise.all(arm.controlPlane.map((one) => one.usage()))
  const idleBefore = await cpuMsOf(idle)
  const controlPlaneBefore = await usesOf()
  const before = await Promise.all(pods.map((pod) => pod.usage()))
  const load = await runAgents(cluster, agent, arm, spec, onProgress)
  const after = await Promise.all(pods.map((pod) => pod.usage()))
  const controlPlaneAfter = await usesOf()
  const idleAfter = await cpuMsOf(idle)
  const sent = load.requests + load.warmUpRequests
  const { stream } = load
  const evidence = await prove(stream?.transport === 'tcp' ? sent * stream.segmentBytes : httpRequests(spec, load))
  const watched = pods.map((pod, i): WatchedPod => ({ pod, before: before[i] as Usage, after: after[i] as Usage }))
  return {
    ...position,
    arm: arm.spec.name,
    startedAt,
    load,
    resources: [
      ...watched.flatMap((one) => resourcesOf(one, sent)),
      ...controlPlaneAfter.map((use, i) => {
        const name = arm.controlPlane[i]?.name ?? ''
        return resourceUsage(name, 'control-plane', controlPlaneBefore[i]?.cpuMs ?? null, use, sent)
      }),
    ],
    idleCpuMs: idleBefore === null || idleAfter === null ? null : idleAfter - idleBefore,
    evidence,
    validity: trialValidity(load, evidence, watched),
  }
}

/** What proxies count of a load. Messages of a WebSocket pass by unseen: its one request is the upgrade of a connection. */
function httpRequests({ protocol }: TargetedPlan, { requests, warmUpRequests, connections }: LoadResult): number {
  return protocol === 'websocket' && connections !== undefined ? connections : requests + warmUpRequests
}

/** What pods have used so far, with what is in them beside the app; null of none, and when one of them cannot be read. */
async function cpuMsOf(pods: readonly Pod[]): Promise<number | null> {
  const uses = await Promise.all(pods.map((pod) => pod.usage()))
  const all = uses.flatMap(({ cpuMs, sidecars = {} }) => [cpuMs, ...Object.values(sidecars).map((one) => one.cpuMs)])
  return all.length === 0 || all.some((cpuMs) => cpuMs === null)
    ? null
    : all.reduce<number>((sum, cpuMs) => sum + (cpuMs ?? 0), 0)
}

/** A pod's app, or proxy, and beside it what a mesh has put into the pod: its proxy. */
export function resourcesOf({ pod, before, after }: WatchedPod, requests: number): ResourceUsage[] {
  const sidecars = Object.entries(after.sidecars ?? {}).map(([name, use]) =>
    resourceUsage(`${pod.name}/${name}`, 'proxy', before.sidecars?.[name]?.cpuMs ?? null, use, requests),
  )
  return [resourceUsage(pod.name, pod.role, before.cpuMs, after, requests), ...sidecars]
}

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
