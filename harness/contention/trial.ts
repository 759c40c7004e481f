import type { Cluster, Pod } from '../../clusters/provider.ts'
import { type Reason, reason } from '../../reports/reasons.ts'
import type { Contention } from '../../reports/record.ts'
import { longestRunMs } from '../agent/process.ts'
import { HarnessError } from '../errors.ts'
import type { ReadyArm } from '../experiment/arms.ts'
import type { MeasurableArm } from '../experiment/procedure.ts'
import { runTrial } from '../experiment/trial.ts'
import type { Field } from './field.ts'
import type { ContentionSpec } from './spec.ts'

type Strategies = ContentionSpec['strategies']

/** Of one CPU's time: competitors that had less in a trial were not at work. */
const foughtShare = 0.1

/**
 * Applies the arm's strategies, lets the competitors loose, and runs a load as any trial does; then all is put back.
 */
export function contentionTrial(
  cluster: Cluster,
  arm: ReadyArm,
  field: Field,
  strategies: Strategies,
): MeasurableArm['trial'] {
  const { competitors } = field
  return async (agent, load, position, onProgress, idle) => {
    const measure = async () => {
      const usedBefore = await competitors.cpuMs()
      await competitors.burn(longestRunMs(load))
      const beganAt = performance.now()
      const trial = await runTrial(cluster, agent, arm, load, position, onProgress, idle)
      const burntMs = performance.now() - beganAt
      await competitors.rest()
      const usedAfter = await competitors.cpuMs()
      const competitorsCpuMs = usedBefore === null || usedAfter === null ? null : usedAfter - usedBefore
      return { trial, burntMs, competitorsCpuMs }
    }
    const applied = await field.apply(arm.server, strategies)
    const measured = await measure().catch(async (error) => {
      await Promise.allSettled([competitors.rest(), field.apply(arm.server, [])])
      throw error
    })
    const left = await field.apply(arm.server, [])
    const { competitorsCpuMs, burntMs } = measured
    const contention: Contention = { competitorsCpuMs, processes: applied.processes, weights: applied.weights }
    const reasons = [
      ...measured.trial.validity.reasons,
      ...(strategies.length === 0 ? [] : notApplied(applied)),
      ...left.refused.map((text) => reason('strategy_left', `not put back: ${text}`)),
      ...notFought(contention, burntMs),
    ]
    return { ...measured.trial, contention, validity: { valid: reasons.length === 0, reasons } }
  }
}

/** Throws HarnessError CONFIG_INVALID where a strategy is about none of the pod's processes: no trial would show anything. */
export async function refuseIdle(field: Field, pod: Pod, strategies: Strategies): Promise<void> {
  const { waiting } = await field.apply(pod, strategies)
  await field.apply(pod, [])
  if (waiting.length === 0) return
  const lines = waiting.map((why) => `  strategies: ${why}`)
  throw new HarnessError('CONFIG_INVALID', [`contention: the arm’s pod is ${pod.name}`, ...lines].join('\n'))
}

function notApplied({ reason: why, refused, processes }: Awaited<ReturnType<Field['apply']>>): Reason[] {
  const texts = [why, ...refused, processes === 0 ? 'it was about no process' : null].filter((text) => text !== null)
  return texts.map((text) => reason('strategy_not_applied', `the strategy was not applied: ${text}`))
}

function notFought({ competitorsCpuMs }: Contention, ms: number): Reason[] {
  if (competitorsCpuMs !== null && competitorsCpuMs >= foughtShare * ms) return []
  const had = competitorsCpuMs === null ? 'an unknown time' : `${Math.round(competitorsCpuMs)} ms`
  return [reason('no_contention', `the competitors had ${had} of CPU in ${Math.round(ms)} ms: nobody had to wait`)]
}
