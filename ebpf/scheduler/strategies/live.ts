import type { Pod, Resolution } from './resolve.ts'
import { type PinnedStrategy, pin, resolve } from './resolve.ts'
import type { Strategy } from './strategy.ts'

/** Who knows the pods of this node. `onChange` calls back whenever `pods()` has become another answer, and gives a way to stop it. */
export interface PodSource {
  pods(): readonly Pod[]
  onChange(listener: () => void): () => void
}

/** Changes within this time are one: pods come with several processes, one after the other. */
const settleMs = 50

/** A set of strategies that follows the pods: labels, pods and processes that change are seen 50 ms later. */
export class LiveStrategies implements Disposable {
  readonly #source: PodSource
  readonly #stop: () => void
  readonly #listener: (resolution: Resolution) => void
  #strategies: readonly PinnedStrategy[] = []
  #timer: NodeJS.Timeout | null = null

  /** `listener` hears each new resolution. */
  constructor(source: PodSource, listener: (resolution: Resolution) => void) {
    this.#source = source
    this.#listener = listener
    this.#stop = source.onChange(() => this.#soon())
  }

  /** The strategies as they were set. */
  get strategies(): readonly Strategy[] {
    return this.#strategies
  }

  /** Takes the place of all strategies there were; none is a set as well. */
  set(strategies: readonly Strategy[]) {
    this.#strategies = strategies.map(pin)
    this.#now()
  }

  /** Which process each strategy is about at this moment. */
  resolve(): Resolution {
    return resolve(this.#strategies, this.#source.pods())
  }

  [Symbol.dispose]() {
    this.#stop()
    if (this.#timer !== null) clearTimeout(this.#timer)
  }

  #soon() {
    this.#timer ??= setTimeout(() => this.#now(), settleMs)
  }

  #now() {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    this.#listener(this.resolve())
  }
}
