import type { Cluster } from '../../clusters/provider.ts'
import type { Arm } from '../../reports/record.ts'
import type { KernelWatch } from '../probes/kernel-watch.ts'
import type { StatedLimit } from '../verdict/stated.ts'
import type { ReadyArm } from './arms.ts'
import type { ExperimentProgress, UnitsProgress } from './progress.ts'

/** Where an experiment is measured, and where its progress goes. */
export interface ExperimentContext {
  cluster: Cluster
  seed: number
  /** The limits that are known before; null: not all of them are, and the whole time is measured. */
  limits: readonly StatedLimit[] | null
  /** Of an experiment of units: how often a limit that is broken by a close call is measured again, every arm deployed anew. */
  again: number
  /** Meshes, as `mesh:mode`, that cannot be had here: why, and how to get them. */
  unavailable: Record<string, string>
  /** The load and what it measures take turns on all cores, instead of having their own. */
  shareCores: boolean
  /** Probes may run in privileged pods on the nodes, where those are not of this machine. */
  probePods: boolean
  /** Of an experiment of trials, and of one of units. */
  onProgress(progress: ExperimentProgress): void
  onUnits(progress: UnitsProgress): void
  /** What a reader should know at once: in a line. */
  onNote(text: string): void
  /** Once it is known on which nodes servers and clients stand, and which cores they have: each in words. */
  onPlaced(places: { nodes: string | null; cores: string }): void
  /** Keeps the logs of a failed experiment before its pods are removed. */
  collectLogs(): Promise<void>
  /** Wraps each stage, so that a report can show it as a step. */
  step<T>(name: string, body: () => Promise<T>): Promise<T>
}

/** Of an experiment of units. */
export interface UnitsContext
  extends Pick<ExperimentContext, 'cluster' | 'seed' | 'limits' | 'again' | 'onUnits' | 'onNote' | 'step'> {
  /** Null where no probe is at work. */
  kernel: KernelWatch | null
  /** An arm as the record has it, without trials. */
  armOf(arm: ReadyArm): Arm
  /** Deploys every arm once more; null where there is no room for all of them. */
  deployAgain(deployment: number): Promise<ReadyArm[] | null>
}
