import type { Lane } from '../lane.ts'
import type { LoadClock } from './clock.ts'

/** More handshakes at once overrun the backlog of common servers, and a dropped SYN costs a second. */
const openingAtOnce = 128

/** Opens the connections that are kept before the load begins, so that no request pays for it. */
export class Openings {
  readonly #open: (lane: Lane) => void
  #unopened: Lane[] = []
  #opening = 0
  #all = Promise.withResolvers<void>()

  constructor(open: (lane: Lane) => void) {
    this.#open = open
  }

  /** Opens them, so many at once. Ends when each was tried, or at the limit. */
  async tryAll(lanes: readonly Lane[], clock: LoadClock, limitMs: number): Promise<void> {
    this.#unopened = [...lanes].reverse()
    for (let i = 0; i < openingAtOnce; i++) this.#openNext()
    const limit = clock.after(limitMs, this.#all.resolve)
    await this.#all.promise
    clock.cancel(limit)
  }

  /** Opens those that were not tried before the limit. */
  tryRest(): void {
    for (const lane of this.#unopened.splice(0)) this.#open(lane)
  }

  /** One of the attempts may have ended. */
  settled(): void {
    if (this.#opening === 0) return
    this.#opening--
    this.#openNext()
    if (this.#opening === 0) this.#all.resolve()
  }

  #openNext(): void {
    const lane = this.#unopened.pop()
    if (lane === undefined) return
    this.#opening++
    this.#open(lane)
  }
}
