import { setTimeout as sleep } from 'node:timers/promises'
import type { Cluster, Program, Usage } from '../../clusters/provider.ts'
import type { LoadResult } from '../../reports/load-result.ts'
import { type Reason, reason } from '../../reports/reasons.ts'
import { unixNow } from '../agent/begin.ts'
import type { ReadyArm } from '../experiment/arms.ts'
import type { MeasurableArm } from '../experiment/procedure.ts'
import { resourcesOf } from '../experiment/resources.ts'
import { runAgents } from '../experiment/trial.ts'
import { trialValidity, type WatchedPod } from '../experiment/validity.ts'
import type { LoadProgress } from '../load/result/progress.ts'
import type { Changing } from './changing.ts'
import { type Changed, churnOf, unsettled } from './effect.ts'
import { type SamplerJob, startSampler } from './sampler-job.ts'
import type { ChurnSpec } from './spec.ts'

type RunTrial = MeasurableArm['trial']

const openingRequests = 50
const sampleEveryMs = 5
/** Until we know that the sampler has begun. */
const samplerStartMs = 2000

/**
 * Makes changes while a load runs and a sampler watches. The evidence is of the sampler's opening requests, which all reach one server:
 * how many of the load's do is what the changes decide. Throws HarnessError LOAD_FAILED when either cannot be run.
 */
export function churnTrial(
  cluster: Cluster,
  arm: ReadyArm,
  changing: Changing,
  sampler: Program,
  spec: ChurnSpec,
): RunTrial {
  return async (agent, load, position, onProgress) => {
    const startedAt = new Date().toISOString()
    const prove = await arm.enrolled.watch()
    const before = await Promise.all(changing.pods.map((pod) => pod.usage()))
    await using sampling = startSampler(cluster, jobOf(arm, sampler), {
      opening: { url: changing.opening.href, requests: openingRequests },
      url: changing.target.href,
      everyMs: sampleEveryMs,
      durationMs: samplerStartMs + spec.changes * spec.everyMs,
    })
    const replies = await sampling.ready
    const evidence = await prove(replies)
    const { result, changed, until, reasons } = await changeUnderLoad(spec, changing, sampling, (onLoad) =>
      runAgents(cluster, agent, arm, load, (progress) => {
        onLoad(progress)
        onProgress(progress)
      }),
    )
    const churn = churnOf(spec.change, changed, until, await sampling.seen)
    await changing.settled()
    const after = await Promise.all(changing.pods.map((pod) => pod.usage()))
    const watched = changing.pods.map(
      (pod, i): WatchedPod => ({ pod, before: before[i] as Usage, after: after[i] as Usage }),
    )
    const unanswered = openingRequests - replies
    const all = [
      ...trialValidity(result, evidence, watched, arm.placement).reasons,
      ...(unanswered > 0
        ? [
            reason(
              'opening_unanswered',
              `${unanswered} of ${openingRequests} requests before the load were not answered`,
            ),
          ]
        : []),
      ...reasons,
      ...unsettled(churn, spec.everyMs),
    ]
    const sent = result.requests + result.warmUpRequests + churn.requests + replies
    return {
      ...position,
      arm: arm.spec.name,
      startedAt,
      load: result,
      resources: watched.flatMap((one) => resourcesOf(one, sent)),
      evidence,
      churn,
      validity: { valid: all.length === 0, reasons: all },
    }
  }
}

/** Runs the load, and once it is under way the changes, one every `everyMs`. */
async function changeUnderLoad(
  { changes, everyMs, load: { durationMs } }: ChurnSpec,
  changing: Changing,
  sampling: SamplerJob,
  run: (onLoad: (progress: LoadProgress) => void) => Promise<LoadResult>,
): Promise<{ result: LoadResult; changed: Changed[]; until: number; reasons: Reason[] }> {
  const measuring = Promise.withResolvers<number>()
  const loading = run(({ phase, elapsedMs }) => {
    if (phase === 'measured') measuring.resolve(unixNow() - elapsedMs)
  })
  try {
    // A load that ends before it reports has failed, which is thrown below.
    const measuredFrom = await Promise.race([measuring.promise, loading.then(() => unixNow())])
    await sampling.begin()
    const beganAt = unixNow()
    const changed: Changed[] = []
    for (let n = 0; n < changes; n++) {
      await sleep(Math.max(0, beganAt + n * everyMs - unixNow()))
      changed.push(await changing.change())
    }
    const until = beganAt + changes * everyMs
    const early = until - (measuredFrom + durationMs)
    const text = `the load ended ${Math.ceil(early)} ms before the last change had had its time`
    const reasons = early > 0 ? [reason('load_ended_early', text)] : []
    return { result: await loading, changed, until, reasons }
  } finally {
    // Whatever has failed, the load is not left behind.
    await loading.catch(() => {})
  }
}

function jobOf({ namespace, client, enrolled }: ReadyArm, program: Program) {
  const placement = client === 'outside' ? {} : { placement: client }
  return { namespace, program, treatment: enrolled.client, ...placement }
}
