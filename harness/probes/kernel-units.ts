import { setTimeout as sleep } from 'node:timers/promises'
import type { KernelReading } from '../../reports/kernel.ts'
import type { Snapshot } from './kernel-source.ts'
import type { KernelWatch } from './kernel-watch.ts'
import type { ArmPods } from './station.ts'

/** A snapshot has all that the probes saw of the machine. */
const kept = 4

/** What the kernel saw of all arms of one deployment, unit by unit. */
export class KernelUnits {
  readonly #watch: KernelWatch
  readonly #arms: readonly ArmPods[]
  readonly #unitMs: number
  readonly #stop = new AbortController()
  /** By unit, then by arm. */
  readonly #units = new Map<number, KernelReading[][]>()
  #before: Snapshot = []
  #first: Snapshot | null = null
  /** The last few, each at the beginning of a unit. */
  readonly #recent: { unit: number; snapshot: Snapshot }[] = []
  #after: Snapshot = []
  #reading: Promise<void> = Promise.resolve()

  constructor(watch: KernelWatch, arms: readonly ArmPods[], unitMs: number) {
    this.#watch = watch
    this.#arms = arms
    this.#unitMs = unitMs
  }

  /** Unit 0 begins so many milliseconds from now; no load has begun yet. */
  begin(inMs: number): void {
    this.#reading = this.#read(performance.now() + inMs)
    // `end` throws it.
    this.#reading.catch(() => {})
  }

  /** Of the arm at this place, by the units' numbers in this deployment. */
  of(place: number): ReadonlyMap<number, readonly KernelReading[]> {
    return new Map([...this.#units].map(([index, arms]) => [index, arms[place] ?? []]))
  }

  /** Reads no more units: the load is told to end. */
  stop(): void {
    this.#stop.abort()
  }

  /** Reads for a last time, once the load has ended. */
  async end(): Promise<void> {
    this.stop()
    await this.#reading
    this.#after = await this.#watch.read()
  }

  /** After the end, of every arm: what was seen in so many units, and from before the load began to after it had ended. */
  totals(units: number): { measured: KernelReading[][]; whole: KernelReading[][] } {
    const between = (from: Snapshot, to: Snapshot) => this.#watch.between(from, to, this.#arms)
    // A unit is known to be over some time after it is.
    const last = this.#recent.findLast(({ unit }) => unit <= units) ?? this.#recent.at(-1)
    const measured = between(this.#first ?? this.#before, last?.snapshot ?? this.#after)
    return { measured, whole: between(this.#before, this.#after) }
  }

  async #read(beginMs: number): Promise<void> {
    this.#before = await this.#watch.read()
    let last: { snapshot: Snapshot; unit: number } | null = null
    for (let unit = 0; await this.#until(beginMs + unit * this.#unitMs); ) {
      const snapshot = await this.#watch.read()
      if (last === null) this.#first = snapshot
      // A machine so busy that a reading took a whole unit has none of that unit alone.
      else if (unit - last.unit === 1)
        this.#units.set(last.unit, this.#watch.between(last.snapshot, snapshot, this.#arms))
      last = { snapshot, unit }
      this.#recent.push(last)
      if (this.#recent.length > kept) this.#recent.shift()
      unit = Math.max(unit, Math.floor((performance.now() - beginMs) / this.#unitMs)) + 1
    }
  }

  /** False once it is to end. */
  async #until(atMs: number): Promise<boolean> {
    const { signal } = this.#stop
    try {
      await sleep(Math.max(0, atMs - performance.now()), undefined, { signal })
      return !signal.aborted
    } catch {
      return false
    }
  }
}
