import type { Measured, Reading } from '../../ebpf/probe.ts'
import type { ProbeName } from '../../ebpf/probes/index.ts'
import { between } from '../../ebpf/reading.ts'
import type { KernelReading, ProbeCost, Probes } from '../../reports/kernel.ts'
import { armReadings } from './arm-readings.ts'
import type { KernelAccess, KernelSource, Snapshot } from './kernel-source.ts'
import type { ArmPods } from './station.ts'

/**
 * Kernel probes while an experiment runs. They see all of a machine; what is of an arm's pods is told apart afterwards. Those that cannot
 * run are named, and the rest runs without them.
 */
export class KernelWatch implements AsyncDisposable {
  readonly #probes: Omit<Probes, 'cost'>
  readonly #source: KernelSource | null
  readonly #first: Snapshot
  #last: Snapshot
  #reading: Promise<unknown> = Promise.resolve()

  private constructor(probes: Omit<Probes, 'cost'>, source: KernelSource | null, first: Snapshot) {
    this.#probes = probes
    this.#source = source
    this.#first = first
    this.#last = first
  }

  /** Attaches these probes: each takes about a second. */
  static async open(access: KernelAccess, names: readonly ProbeName[]): Promise<KernelWatch> {
    const unavailable = await access.unavailable(names)
    const able = names.filter((name) => !unavailable.some(({ probe }) => probe === name))
    const probes = { names: [...names], unavailable, ...(access.nodes && { nodes: [...access.nodes] }) }
    if (able.length === 0) return new KernelWatch(probes, null, [])
    await using stack = new AsyncDisposableStack()
    const source = stack.use(await access.attach(able))
    unavailable.push(...source.failed)
    const watch = new KernelWatch(probes, source, await source.read())
    stack.move()
    return watch
  }

  /** Whether any probe is at work. */
  get works(): boolean {
    return this.#last.length > 0
  }

  /** Reads every probe. Takes 0.1 s, in which they go on. */
  read(): Promise<Snapshot> {
    const next = this.#reading.then(async () => {
      this.#last = (await this.#source?.read()) ?? []
      return this.#last
    })
    this.#reading = next
    return next
  }

  /** What each arm's pods did between two snapshots: a list for each arm, a reading for each probe. */
  between(earlier: Snapshot, later: Snapshot, arms: readonly ArmPods[]): KernelReading[][] {
    const attribution = this.#source?.attribution
    if (!attribution) return arms.map(() => [])
    const byProbe = later.map((reading, i) => armReadings(earlier[i] as Reading, reading, arms, attribution))
    return arms.map((_, place) => byProbe.flatMap((readings) => readings[place] ?? []))
  }

  /** For the record: what was asked for, what cannot be had, and what it cost up to the last snapshot. */
  get probes(): Probes {
    return { ...this.#probes, cost: this.#cost() }
  }

  #cost(): ProbeCost[] {
    return this.#last.flatMap((last, i) => {
      const first = this.#first[i]
      if (!first || first.series === null || last.series === null) return []
      const { probe, seconds, cost, bpftraceMs } = between(first as Measured, last as Measured)
      return [{ probe, seconds, programMs: cost?.runTimeMs ?? null, bpftraceMs }]
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#reading.catch(() => {})
    await this.#source?.[Symbol.asyncDispose]()
  }
}

/** What the probes of several watches cost, one after the other. */
export function addedProbes(all: readonly Probes[]): Probes | null {
  const [first] = all
  if (!first) return null
  const sum = (values: readonly (number | null)[]) =>
    values.includes(null) ? null : values.reduce<number>((total, value) => total + (value ?? 0), 0)
  const byProbe = Map.groupBy(
    all.flatMap(({ cost }) => cost),
    ({ probe }) => probe,
  )
  const cost = [...byProbe].map(([probe, of]) => ({
    ...{ probe, seconds: of.reduce((total, { seconds }) => total + seconds, 0) },
    programMs: sum(of.map(({ programMs }) => programMs)),
    bpftraceMs: sum(of.map(({ bpftraceMs }) => bpftraceMs)),
  }))
  const unavailable = new Map(all.flatMap((one) => one.unavailable).map((one) => [one.probe, one]))
  const names = new Set(all.flatMap((one) => one.names))
  return { ...first, names: [...names], unavailable: [...unavailable.values()], cost }
}
