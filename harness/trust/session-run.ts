import type { Cluster } from '../../clusters/provider.ts'
import { abbaOrder } from '../experiment/order.ts'
import type { RunContext } from '../run/context.ts'
import { conductExperiment } from '../run/experiment.ts'
import { planExperiment } from '../run/plan.ts'
import { type RunningHog, startHog } from './hog.ts'
import { type Base, plants } from './plants.ts'
import type { Cell } from './schedule.ts'
import { armNames, type Session } from './sessions.ts'

export interface SessionOptions {
  run: RunContext
  cluster: Cluster
  base: Base | null
  seconds: number
  /** Requests a second of each arm. */
  rate: number
  seed: number
}

const connections = 16

/** Measures a session. What goes wrong is its failure: it tells as much about the machine as a result. */
export async function runSession(
  cell: Cell,
  { run, cluster, base, seconds, rate, seed }: SessionOptions,
): Promise<Session> {
  const { design, neighbour, plant } = cell
  const startedAt = new Date().toISOString()
  const baseline = { mesh: 'baseline' }
  const planted = plant && base ? [{ ...baseline, name: armNames.planted, env: plants[plant].env(base) }] : []
  await using _hog: RunningHog | null = neighbour === 'none' ? null : await startHog(neighbour, seed)
  const session = { startedAt, ...cell, plant: planted.length > 0 ? plant : null }
  try {
    const { spec } = planExperiment(run, {
      // Which arm is the first to be deployed and dealt to is not to decide.
      arms: abbaOrder(
        [{ ...baseline, name: armNames.control }, { ...baseline, name: armNames.same }, ...planted],
        1,
        seed,
      ).map(({ arm }) => arm),
      control: armNames.control,
      workload: 'http-echo',
      design,
      maxDuration: `${seconds}s`,
      load: { protocol: 'http', rate, connections },
    })
    // How one deployment differs from another is no matter of equal arms.
    const experiment = await conductExperiment(
      { spec: { ...spec, deployments: 1 }, limits: null },
      {
        run: { ...run, seed },
        cluster,
        name: { suite: 'trust', test: `${design}, ${neighbour}, ${plant}` },
        measurements: { experiments: [], versions: {} },
        report: () => {},
        step: (_, body) => body(),
      },
    )
    return { ...session, experiment, failure: null }
  } catch (error) {
    return { ...session, experiment: null, failure: (error as Error).message }
  }
}
