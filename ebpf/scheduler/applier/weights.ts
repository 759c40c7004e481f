import type { Assigned } from './assigned.ts'
import { podWeight, readWeight, restoreWeight, scaled, writeWeight } from './cgroup.ts'
import type { WeightEntry } from './journal.ts'
import { wantedOf } from './wanted.ts'

/** The pods whose weight we have changed. */
export class HeldWeights {
  readonly #held = new Map<string, WeightEntry>()
  #targets = new Map<string, number>()

  /** For the journal. */
  get entries(): WeightEntry[] {
    return [...this.#held.values()]
  }

  /** How many pods have another weight. */
  get count() {
    return this.#targets.size
  }

  /** Notes what weights whole pods are to have. Returns what cannot be had, and why. */
  plan(assigned: readonly Assigned[]): string[] {
    const pods = new Map(assigned.flatMap((one) => (one.pod?.whole ? [[one.pod.uid, one] as const] : [])))
    const missing: string[] = []
    this.#targets = new Map()
    for (const [uid, { pid, priority }] of pods) {
      const { weightFactor } = wantedOf(priority, 0n)
      if (weightFactor === 1) continue
      const weight = podWeight(pid, uid)
      const before = weight && (this.#held.get(weight.file)?.before ?? readWeight(weight.file))
      if (weight === null || before === null) {
        missing.push(`the cgroup of process ${pid} is in none of pod ${uid}: only its nice value is set`)
        continue
      }
      const target = scaled(weight, before, weightFactor)
      const entry = this.#held.get(weight.file) ?? { file: weight.file, before, applied: [] }
      if (!entry.applied.includes(target)) entry.applied.push(target)
      this.#held.set(weight.file, entry)
      this.#targets.set(weight.file, target)
    }
    return missing
  }

  /** Writes the weights that were planned, and puts the others back. Returns what could not be written, and why. */
  write(): string[] {
    const failures = this.entries.map((entry) => {
      const target = this.#targets.get(entry.file)
      const failure =
        target === undefined
          ? restoreWeight(entry)
          : readWeight(entry.file) === target
            ? null
            : writeWeight(entry.file, target)
      if (failure === null && target === undefined) this.#held.delete(entry.file)
      return failure
    })
    return failures.filter((failure) => failure !== null)
  }
}
