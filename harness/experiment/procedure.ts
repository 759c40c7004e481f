import type { Cluster, Pod, Program } from '../../clusters/provider.ts'
import type { Trial } from '../../reports/record.ts'
import type { TargetedPlan } from '../load/plan.ts'
import type { ReadyArm } from './arms.ts'
import type { ArmSpec } from './spec.ts'
import { runTrial, type TrialProgress } from './trial.ts'

/** How arms are measured. Order, blocks and judgement are the same for all of them. */
export interface Procedure {
  /** Why an arm cannot be measured this way on this cluster; null when it can. */
  skipReason(cluster: Cluster, arm: ArmSpec): string | null
  /** Adds to a deployed arm what its trials need. What is made for that goes onto `stack`. */
  prepare(cluster: Cluster, arm: ReadyArm, stack: AsyncDisposableStack): Promise<MeasurableArm>
}

/** An arm, and how a trial of it is run with a load agent. */
export interface MeasurableArm extends ReadyArm {
  trial(
    agent: Program,
    load: TargetedPlan & { agents: number },
    position: { index: number; block: number },
    onProgress: (progress: TrialProgress) => void,
    idle: readonly Pod[],
  ): Promise<Trial>
}

/** A load on an arm that stays as it is. */
export const steady: Procedure = {
  skipReason: () => null,
  prepare: async (cluster, arm) => ({
    ...arm,
    trial: (agent, load, position, onProgress, idle) => runTrial(cluster, agent, arm, load, position, onProgress, idle),
  }),
}
