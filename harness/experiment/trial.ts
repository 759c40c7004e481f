import type { EnrolledArm } from '../../clusters/mesh.ts'
import type { Cluster, Job, Pod, Program } from '../../clusters/provider.ts'
import { local } from '../../clusters/providers/local.ts'
import type { LoadResult } from '../../reports/load-result.ts'
import type { Trial } from '../../reports/record.ts'
import { agentInputs, longestLeadMs, readFleet } from '../agent/fleet.ts'
import { longestRunMs, readAgent } from '../agent/process.ts'
import { HarnessError } from '../errors.ts'
import type { TargetedPlan } from '../load/plan.ts'
import type { LoadProgress } from '../load/result/progress.ts'
import { targetRateOf } from '../load/result/result.ts'
import type { ErrorKind } from '../load/result/tally.ts'
import type { ReadyArm } from './arms.ts'
import { readUse, usedBetween, watchedPods } from './resources.ts'
import { trialValidity } from './validity.ts'

/** What a load reports each second, and the rate it is to have; null: as fast as the replies come. */
export type TrialProgress = LoadProgress & { targetRate: number | null }

/**
 * Runs the load as a job of the cluster, or of this machine: one agent, or several that begin together and whose results are
 * merged. Throws HarnessError LOAD_FAILED with the agent's own words.
 */
export async function runAgents(
  cluster: Cluster,
  program: Program,
  arm: Origin,
  { agents, ...spec }: TargetedPlan & { agents: number },
  onProgress: (progress: TrialProgress) => void,
): Promise<LoadResult> {
  const alone = agents === 1
  const targetRate = targetRateOf(spec)
  const report = (progress: LoadProgress) => onProgress({ ...progress, targetRate })
  const output = alone ? readAgent({ onProgress: report }) : readFleet(agents, report)
  const failure = await runJob(cluster, program, arm, spec, {
    input: agentInputs({ agents, ...spec }),
    ...('begin' in output ? { begin: output.begin } : {}),
    timeoutMs: longestRunMs(spec) + (alone ? 0 : longestLeadMs),
    onLine: output.line,
  }).catch((cause: Error) => cause)
  try {
    return output.result()
  } catch (error) {
    throw loadFailure(spec.url, error as Error, failure ?? undefined)
  }
}

/** Where an arm's load comes from. */
type Origin = Pick<ReadyArm, 'namespace' | 'client'> & { enrolled: Pick<EnrolledArm, 'client'> }

/** Runs the programs of a load where the arm's client stands: as a job of the cluster, or of this machine. Throws as `Cluster.run` does. */
export async function runJob(
  cluster: Cluster,
  program: Program,
  { namespace, client, enrolled }: Origin,
  { tool }: Pick<TargetedPlan, 'tool'>,
  job: Omit<Job, 'name' | 'namespace' | 'program' | 'image' | 'placement' | 'treatment'>,
): Promise<void> {
  // Programs that run on this machine are the local provider's, whose reaper knows them by the run's label.
  await using outside = client === 'outside' ? await local.connect(cluster.ref) : null
  await (outside ?? cluster).run({
    name: 'load',
    namespace,
    ...(client === 'outside' ? {} : { placement: client, treatment: enrolled.client }),
    program,
    ...(tool !== undefined && cluster.ref.kube?.toolImage ? { image: cluster.ref.kube.toolImage } : {}),
    ...job,
  })
}

/** The agent's words, and how its job ended. */
export function loadFailure(url: string, words: Error, ending?: Error): HarnessError {
  const because = ending && ending !== words ? `\n${ending.message}` : ''
  return new HarnessError('LOAD_FAILED', `load on ${url}: ${words.message}${because}`, { cause: ending ?? words })
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
  const startedAt = new Date().toISOString()
  const prove = await arm.enrolled.watch()
  const idleBefore = await cpuMsOf(idle)
  const before = await readUse(arm)
  const load = await runAgents(cluster, agent, arm, spec, onProgress)
  const after = await readUse(arm)
  const idleAfter = await cpuMsOf(idle)
  const evidence = await prove(httpRequests(spec, load))
  return {
    ...position,
    arm: arm.spec.name,
    startedAt,
    load,
    resources: usedBetween(arm, before, after, load.requests + load.warmUpRequests),
    idleCpuMs: idleBefore === null || idleAfter === null ? null : idleAfter - idleBefore,
    evidence,
    validity: trialValidity(load, evidence, watchedPods(arm, before, after), arm.placement),
  }
}

/** Errors of requests that never left. */
const neverSent: readonly ErrorKind[] = ['connect', 'tls', 'unsent', 'shed']

/**
 * What proxies count of a load: its requests, or the bytes of TCP streams. Messages of a WebSocket pass by unseen: its one request is the
 * upgrade of a connection.
 */
export function httpRequests(
  { protocol }: Pick<TargetedPlan, 'protocol'>,
  { requests, errors, warmUpRequests, connections, stream }: LoadResult,
): number {
  if (protocol === 'websocket' && connections !== undefined) return connections
  const unsent = neverSent.reduce((sum, kind) => sum + (errors[kind] ?? 0), 0)
  const sent = requests - unsent + warmUpRequests
  return stream?.transport === 'tcp' ? sent * stream.segmentBytes : sent
}

/** Requests that the kernel can tell apart at the client's sockets, warm-up included; null where several share a connection. */
export function requestsAtSockets(plan: Pick<TargetedPlan, 'protocol'>, load: LoadResult): number | null {
  return plan.protocol === 'http' ? httpRequests(plan, load) : null
}

/** What pods have used so far, with what is in them beside the app; null of none, and when one of them cannot be read. */
async function cpuMsOf(pods: readonly Pod[]): Promise<number | null> {
  const uses = await Promise.all(pods.map((pod) => pod.usage()))
  const all = uses.flatMap(({ cpuMs, sidecars = {} }) => [cpuMs, ...Object.values(sidecars).map((one) => one.cpuMs)])
  return all.length === 0 || all.some((cpuMs) => cpuMs === null)
    ? null
    : all.reduce<number>((sum, cpuMs) => sum + (cpuMs ?? 0), 0)
}
