import type { Schedule } from '../../load/schedule/schedule.ts'

/** How often waiting arrivals are counted, at most. */
const recountNs = 1e6

/**
 * Counts the arrivals that wait. They are in no queue: a second copy of the schedule is gone through to count those that have come.
 * It is made when there is something to count.
 */
export class Backlog {
  readonly #create: () => Schedule
  readonly #max: number
  #ahead: Schedule | undefined
  #come = 0
  /** `[0]` is when arrivals were last counted. */
  readonly #counted = new Float64Array(1)

  /** `create` returns the schedule from its beginning; more than `max` of its arrivals may not wait. */
  constructor(create: () => Schedule, max: number) {
    this.#create = create
    this.#max = max
  }

  /** Whether too many arrivals wait. `taken` are those that have come and do not wait any more. */
  exceeded(now: number, taken: number): boolean {
    if (now - (this.#counted[0] as number) > recountNs) {
      this.#counted[0] = now
      this.#ahead ??= this.#create()
      const { next } = this.#ahead
      for (; (next[0] as number) <= now; this.#come++) this.#ahead.advance()
    }
    return this.#come - taken > this.#max
  }
}
