import type { Cluster, Pod, Program } from '../../clusters/provider.ts'
import type { LoadResult, ResourceUsage, Trial } from '../../reports/record.ts'
import { HarnessError } from '../errors.ts'
import type { LoadProgress } from '../load/messages.ts'
import { longestRunMs, readAgent } from '../load/run.ts'
import type { LoadSpec } from '../load/spec.ts'
import type { ReadyArm } from './arms.ts'
import { trialValidity } from './validity.ts'

/** Runs the load agent as a job of the cluster. Throws HarnessError LOAD_FAILED with the agent's own words. */
export async function runAgent(
  cluster: Cluster,
  agent: Program,
  { namespace, client }: Pick<ReadyArm, 'namespace' | 'client'>,
  spec: LoadSpec,
  onProgress: (progress: LoadProgress) => void,
): Promise<LoadResult> {
  const output = readAgent(onProgress)
  const failure = await cluster
    .run({
      name: 'load',
      namespace,
      placement: client,
      program: agent,
      input: JSON.stringify(spec),
      timeoutMs: longestRunMs(spec),
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

/** One measured execution of load on one arm, with what the arm's processes used and what proves the treatment. */
export async function runTrial(
  cluster: Cluster,
  agent: Program,
  arm: ReadyArm,
  spec: LoadSpec,
  position: { index: number; block: number },
  onProgress: (progress: LoadProgress) => void,
): Promise<Trial> {
  const pods = [arm.server, ...arm.enrolled.proxies]
  const startedAt = new Date().toISOString()
  const prove = await arm.enrolled.watch()
  const before = await Promise.all(pods.map((pod) => pod.usage()))
  const load = await runAgent(cluster, agent, arm, spec, onProgress)
  const after = await Promise.all(pods.map((pod) => pod.usage()))
  const sent = load.requests + load.warmUpRequests
  const evidence = await prove(sent)
  const resources = pods.map(
    (pod, i): ResourceUsage => usage(pod, before[i]?.cpuMs, after[i]?.cpuMs, sent, after[i]?.memoryBytes),
  )
  const stopped = pods.filter((pod) => !pod.running()).map(({ name }) => name)
  return {
    ...position,
    arm: arm.spec.name,
    startedAt,
    load,
    resources,
    evidence,
    validity: trialValidity(load, evidence, stopped),
  }
}

function usage(
  { name, role }: Pod,
  before: number | null | undefined,
  after: number | null | undefined,
  requests: number,
  memoryBytes: number | null | undefined,
): ResourceUsage {
  const cpuMs = before == null || after == null ? null : after - before
  return {
    pod: name,
    role,
    cpuMs,
    cpuUsPerRequest: cpuMs === null || requests === 0 ? null : (cpuMs * 1000) / requests,
    memoryBytes: memoryBytes ?? null,
  }
}
