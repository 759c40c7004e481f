import type { Cluster, Pod, Program } from '../../clusters/provider.ts'
import type { LoadResult, ResourceUsage, Trial } from '../../reports/record.ts'
import { HarnessError } from '../errors.ts'
import type { AgentMessage, LoadProgress } from '../load/messages.ts'
import type { LoadSpec } from '../load/spec.ts'
import type { ReadyArm } from './arms.ts'
import { trialValidity } from './validity.ts'

// Beyond warm-up, duration and the drain of late replies: start of the program and its last message.
const agentGraceMs = 10_000

/** Runs the load agent as a job of the cluster. Throws HarnessError LOAD_FAILED with the agent's own words. */
export async function runAgent(
  cluster: Cluster,
  agent: Program,
  namespace: string,
  spec: LoadSpec,
  onProgress: (progress: LoadProgress) => void,
): Promise<LoadResult> {
  let result: LoadResult | undefined
  let failure: string | undefined
  await cluster
    .run({
      name: 'load',
      namespace,
      program: agent,
      input: JSON.stringify(spec),
      timeoutMs: spec.warmUp + spec.duration + spec.timeout + agentGraceMs,
      onLine(line) {
        const message: AgentMessage = JSON.parse(line)
        if (message.type === 'progress') onProgress(message)
        else if (message.type === 'result') result = message.result
        else failure = message.message
      },
    })
    .catch((cause: unknown) => {
      throw new HarnessError('LOAD_FAILED', failure ?? `the load agent failed: ${(cause as Error).message}`, { cause })
    })
  if (!result) throw new HarnessError('LOAD_FAILED', failure ?? 'the load agent ended without a result')
  return result
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
  const load = await runAgent(cluster, agent, arm.namespace, spec, onProgress)
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
