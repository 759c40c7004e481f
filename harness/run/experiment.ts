import { join } from 'node:path'
import type { Cluster } from '../../clusters/provider.ts'
import type { Experiment } from '../../reports/record.ts'
import type { ExperimentContext } from '../experiment/context.ts'
import { measureArms } from '../experiment/measure.ts'
import { recordedLoad } from '../load/plan.ts'
import type { RunContext } from './context.ts'
import { prepareMeshes } from './meshes.ts'
import type { PlannedExperiment } from './plan.ts'
import type { RunProgress } from './progress.ts'

/** What was measured so far: plain JSON, which can cross threads. */
export interface Measurements {
  experiments: Experiment[]
  /** Versions of the tools that took part. */
  versions: Record<string, string>
}

/** Where an experiment is conducted, and where its progress goes. */
export interface ExperimentSetting {
  run: RunContext
  cluster: Cluster
  /** What the record calls it. */
  name: { suite: string; test: string }
  /** The experiment is added as soon as it starts, so that one that fails is recorded too. */
  measurements: Measurements
  report(progress: RunProgress): void
  /** Wraps each stage, so that a report can show it as a step. */
  step: ExperimentContext['step']
}

/**
 * Conducts one experiment of an open run. The caller judges it and adds the verdicts.
 * Throws ClusterError or HarnessError when an arm cannot be deployed or loaded; all that was deployed is gone by then.
 */
export async function conductExperiment(
  { spec, procedure, limits, again = 0 }: PlannedExperiment,
  { run, cluster, name, measurements, report, step }: ExperimentSetting,
): Promise<Experiment> {
  const { unavailable, versions } = await prepareMeshes(spec.arms, cluster.ref, (text) =>
    report({ type: 'note', text }),
  )
  const experiment: Experiment = {
    ...name,
    // Whoever runs the test changes it when the test fails or is skipped.
    status: 'passed',
    message: null,
    workload: spec.workload,
    load: recordedLoad(spec.load),
    seed: run.seed,
    arms: [],
    verdicts: [],
  }
  Object.assign(measurements.versions, versions)
  measurements.experiments.push(experiment)
  const context: ExperimentContext = {
    cluster,
    seed: run.seed,
    limits,
    again,
    unavailable,
    shareCores: run.options.shareCores,
    probePods: run.options.probePods,
    onProgress: (progress) => report({ type: 'trial', progress }),
    onPlaced: ({ nodes, cores }) => {
      experiment.cores = cores
      report({ type: 'note', text: nodes === null ? cores : `${nodes}; ${cores}` })
    },
    onNote: (text) => report({ type: 'note', text }),
    onUnits: (progress) => report({ type: 'units', progress }),
    step,
    collectLogs: async () => void (await cluster.collectLogs(join(run.out, 'logs'))),
  }
  using _ = cluster.tellWaiting?.((text) => report({ type: 'note', text }))
  return Object.assign(experiment, await measureArms(spec, context, procedure))
}
