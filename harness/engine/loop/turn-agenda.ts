import type { Turns } from '../../load/schedule/turns.ts'
import type { Lane } from '../lane.ts'
import type { Agenda } from './agenda.ts'

/**
 * An open loop's agenda whose requests leave in this arm's turns alone. Nothing is due out of turn; what comes too late for the turn that
 * it was due in, or found no lane, waits for the next one, as an arrival waits for a connection: it counts in the latency.
 */
export class TurnAgenda implements Agenda {
  readonly next = new Float64Array(1)
  readonly opensAhead: boolean
  readonly #agenda: Agenda
  readonly #turns: Turns

  constructor(agenda: Agenda, turns: Turns) {
    this.#agenda = agenda
    this.#turns = turns
    this.opensAhead = agenda.opensAhead
    this.next[0] = agenda.next[0] as number
  }

  offer(lane: Lane, now: number): void {
    this.#agenda.offer(lane, now)
    this.#look(now)
  }

  spare(lane: Lane, now: number): void {
    this.#agenda.spare(lane, now)
    this.#look(now)
  }

  sendDue(now: number): boolean {
    if ((this.next[0] as number) > now) return false
    const left = this.#turns.own(now) && this.#agenda.sendDue(now)
    this.#look(now)
    return left
  }

  waits(now: number): boolean {
    return this.#turns.own(now) && this.#agenda.waits(now)
  }

  giveUp(now: number): void {
    this.#agenda.giveUp(now)
    this.#look(now)
  }

  over(now: number): boolean {
    return this.#agenda.over(now)
  }

  stop(): void {
    this.#agenda.stop()
    this.next[0] = this.#agenda.next[0] as number
  }

  endNs(): number {
    return this.#agenda.endNs()
  }

  /** What is due and may not leave is due when the arm's turn comes. */
  #look(now: number): void {
    const due = this.#agenda.next[0] as number
    this.next[0] = due > now || this.#turns.own(now) ? due : this.#turns.opensAt(now)
  }
}
