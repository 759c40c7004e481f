import type { Unit } from '../../../reports/load-result.ts'
import { toDistribution } from './histogram.ts'
import { bucketCount, Recorder } from './recorder.ts'
import type { Sample } from './samples.ts'
import { at, errorKinds, type Tally } from './tally.ts'

/** What is known of a unit so far. */
class OpenUnit {
  readonly latency = new Recorder(new Uint32Array(bucketCount))
  readonly serviceTime = new Recorder(new Uint32Array(bucketCount))
  readonly sendLag = new Recorder(new Uint32Array(bucketCount))
  readonly firstMessage = new Recorder(new Uint32Array(bucketCount))
  readonly errors: Record<string, number> = {}
  requests = 0
  firstMessages = 0
  lost = false

  add({ due, sent, end, lag, first }: Sample): void {
    this.requests++
    if (sent >= 0) this.sendLag.record(lag)
    if (end < 0) {
      const kind = errorKinds[-1 - end] as string
      this.errors[kind] = (this.errors[kind] ?? 0) + 1
      return
    }
    this.latency.record(end - due)
    this.serviceTime.record(end - sent)
    if (first === 0) return
    this.firstMessages++
    this.firstMessage.record(first - due)
  }

  close(index: number): Unit {
    const { p50Us, p99Us } = toDistribution(this.sendLag)
    return {
      index,
      requests: this.requests,
      errors: this.errors,
      latency: payload(this.latency),
      serviceTime: payload(this.serviceTime),
      ...(this.firstMessages > 0 ? { firstMessage: payload(this.firstMessage) } : {}),
      ...{ sendLagP50Us: p50Us, sendLagP99Us: p99Us },
    }
  }
}

function payload(recorder: Recorder): string {
  const { count, histogram } = toDistribution(recorder)
  return count === 0 ? '' : histogram
}

/** Puts the requests of a load's threads into units, each of what was due in it. */
export class Units {
  readonly #unitNs: number
  readonly #measuredFromNs: number
  readonly #tallies: readonly Tally[]
  readonly #open = new Map<number, OpenUnit>()
  #next = 0

  constructor({ unitMs, warmUpMs }: { unitMs: number; warmUpMs: number }, tallies: readonly Tally[]) {
    this.#unitNs = unitMs * 1e6
    this.#measuredFromNs = warmUpMs * 1e6
    this.#tallies = tallies
  }

  /** The units of which everything has ended since the last reading. One of which a request was not seen is left out. */
  read(): Unit[] {
    // Before the samples: what was settled then is among them now.
    const settledNs = Math.min(...this.#tallies.map(({ measured }) => measured.counters[at.settledNs] as number))
    for (const { samples } of this.#tallies) {
      const lost = samples?.read((sample) => this.#at(this.#unitOf(sample.due)).add(sample)) ?? 0
      if (lost > 0) for (const unit of this.#open.values()) unit.lost = true
    }
    const units: Unit[] = []
    for (const settled = this.#unitOf(settledNs); this.#next < settled; this.#next++) {
      const unit = this.#at(this.#next)
      this.#open.delete(this.#next)
      if (!unit.lost) units.push(unit.close(this.#next))
    }
    return units
  }

  #unitOf(ns: number): number {
    return Math.floor((ns - this.#measuredFromNs) / this.#unitNs)
  }

  #at(index: number): OpenUnit {
    const known = this.#open.get(index)
    if (known) return known
    const unit = new OpenUnit()
    this.#open.set(index, unit)
    return unit
  }
}
