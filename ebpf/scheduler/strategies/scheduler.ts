import { type Applied, Applier } from '../applier/applier.ts'
import type { Assigned } from '../applier/assigned.ts'
import { refusals } from '../applier/refusal.ts'
import type { Restored } from '../applier/restore.ts'
import { invalidInput } from '../input.ts'
import { readProcess } from '../process.ts'
import { LiveStrategies, type PodSource } from './live.ts'
import type { Assignment, Resolution, StrategyStatus } from './resolve.ts'
import { parseStrategies, rankOf, type Strategy } from './strategy.ts'

/** A strategy, what it does at the moment, and the processes it counts for. */
export interface StrategyReport extends StrategyStatus {
  strategy: Strategy
  assignments: readonly Assignment[]
}

/** A strategy for one process: what a scheduler's client reads. */
export interface ProcessStrategy {
  priority: boolean | number
  executionTimeNs: bigint
  pid: number
}

/** Strategies that follow the pods of this node and are applied to their processes. */
export class Scheduler implements AsyncDisposable {
  readonly #applier: Applier
  readonly #live: LiveStrategies
  /** What a killed process had left, and was put back at the start. */
  readonly restored: Restored
  #resolution: Resolution = { assignments: [], statuses: [] }
  #applying: Promise<Applied> = Promise.resolve(nothing)

  private constructor(applier: Applier, restored: Restored, source: PodSource) {
    this.#applier = applier
    this.restored = restored
    this.#live = new LiveStrategies(source, (resolution) => this.#apply(resolution))
  }

  /**
   * Begins without strategies. `folder` keeps what was there before anything is changed; `restoreLeft` reads it after a crash, and so
   * does the next `open`.
   *
   * @throws SchedulerError SCHEDULER_UNAVAILABLE where strategies cannot be applied; SCHEDULER_BUSY when another process does.
   */
  static async open(folder: string, source: PodSource): Promise<Scheduler> {
    const { applier, restored } = await Applier.open(folder)
    return new Scheduler(applier, restored, source)
  }

  /**
   * Takes `{ strategies: […] }` in place of all strategies there were, and applies them.
   *
   * @throws SchedulerError SCHEDULER_INPUT_INVALID that names every wrong field, and every pid that is never touched; then the strategies
   * stay as they were.
   */
  set(input: unknown): Promise<Applied> {
    const strategies = parseStrategies(input)
    refuseUntouchable(strategies)
    this.#live.set(strategies)
    return this.#applying
  }

  /** What became of the last change, once it is through. */
  applied(): Promise<Applied> {
    return this.#applying
  }

  /** Every strategy as it stands. */
  reports(): StrategyReport[] {
    const { assignments, statuses } = this.#resolution
    const byStrategy = Map.groupBy(assignments, ({ strategy }) => strategy)
    return this.#live.strategies.map((strategy, i) => ({
      ...(statuses[i] ?? { state: 'waiting', reason: 'it was set this moment', processes: 0 }),
      ...{ strategy, assignments: byStrategy.get(i) ?? [] },
    }))
  }

  /** Every process that a strategy counts for. */
  processes(): ProcessStrategy[] {
    return this.reports().flatMap(({ strategy: { priority, executionTimeNs }, assignments }) =>
      assignments.map(({ pid }) => ({ priority, executionTimeNs, pid })),
    )
  }

  /** Follows no pods any more, and puts everything back. */
  close(): Promise<Restored> {
    this.#live[Symbol.dispose]()
    return this.#applier.close()
  }

  async [Symbol.asyncDispose]() {
    await this.close()
  }

  #apply(resolution: Resolution) {
    this.#resolution = resolution
    const strategies = this.#live.strategies
    const assigned = resolution.assignments.flatMap(({ pid, startTime, strategy: index, pod }): Assigned[] => {
      const strategy = strategies[index]
      return strategy
        ? [{ pid, startTime, pod, priority: rankOf(strategy), executionTimeNs: strategy.executionTimeNs }]
        : []
    })
    this.#applying = this.#applier.apply(assigned)
    // Whoever asks hears of it; nobody has to.
    this.#applying.catch(() => {})
  }
}

function refuseUntouchable(strategies: readonly Strategy[]) {
  const refusalOf = refusals()
  const wrong = strategies.flatMap(({ target }, i) => {
    const found = target.kind === 'pid' ? readProcess(target.pid) : null
    const refusal = found && refusalOf(found)
    return refusal?.gone === false ? [{ path: `strategies.${i}.pid`, message: refusal.reason }] : []
  })
  if (wrong.length > 0) throw invalidInput('strategies', wrong)
}

const nothing: Applied = { reason: null, processes: 0, weights: 0, refused: [], notes: [] }
