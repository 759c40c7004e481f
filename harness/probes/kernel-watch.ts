import { nodeProcesses } from '../../clusters/kind/node-processes.ts'
import type { Cluster } from '../../clusters/provider.ts'
import { keepRunTimes, keepsRunTimes } from '../../ebpf/bpftrace/kernel-counters.ts'
import type { Attachment, Measured, Reading } from '../../ebpf/probe.ts'
import { type ProbeName, probes } from '../../ebpf/probes/index.ts'
import { between } from '../../ebpf/reading.ts'
import type { KernelReading, ProbeCost, Probes } from '../../reports/kernel.ts'
import { attribute, type LiveAttribution } from '../attribution/attribution.ts'
import { armReadings } from './arm-readings.ts'
import type { ArmPods } from './station.ts'

/** What every probe had seen at one moment. */
export type Snapshot = readonly Reading[]

/** A probe that is at work. */
interface Attached {
  name: ProbeName
  attachment: Attachment
}

/**
 * Kernel probes on this machine while an experiment runs. They see all of it; what is of an arm's pods is told apart afterwards. Those
 * that cannot run are named, and the rest runs without them.
 */
export class KernelWatch implements AsyncDisposable {
  readonly #names: readonly ProbeName[]
  readonly #unavailable: Probes['unavailable']
  readonly #attached: readonly Attached[]
  readonly #live: LiveAttribution | null
  readonly #stack: AsyncDisposableStack
  readonly #first: Snapshot
  #last: Snapshot
  #reading: Promise<unknown> = Promise.resolve()

  private constructor(
    names: readonly ProbeName[],
    unavailable: Probes['unavailable'],
    attached: readonly Attached[],
    live: LiveAttribution | null,
    stack: AsyncDisposableStack,
    first: Snapshot,
  ) {
    this.#names = names
    this.#unavailable = unavailable
    this.#attached = attached
    this.#live = live
    this.#stack = stack
    this.#first = first
    this.#last = first
  }

  /** Attaches these probes: each takes about a second. None of them where the cluster's pods are not processes of this machine. */
  static async open(cluster: Cluster, names: readonly ProbeName[]): Promise<KernelWatch> {
    await using stack = new AsyncDisposableStack()
    const unavailable = await unavailableProbes(cluster, names)
    const able = names.filter((name) => !unavailable.some(({ probe }) => probe === name))
    if (able.length === 0) return new KernelWatch(names, unavailable, [], null, stack.move(), [])
    const live = stack.use(await attribute(cluster))
    if (!keepsRunTimes()) stack.use(keepRunTimes())
    const tried = await Promise.all(able.map((name) => attach(name, stack)))
    const attached = tried.filter((one) => 'attachment' in one)
    unavailable.push(...tried.filter((one) => 'reason' in one))
    const first = await Promise.all(attached.map(({ attachment }) => attachment.read()))
    return new KernelWatch(names, unavailable, attached, live, stack.move(), first)
  }

  /** Whether any probe is at work. */
  get works(): boolean {
    return this.#attached.length > 0
  }

  /** Reads every probe. Takes 0.1 s, in which they go on. */
  read(): Promise<Snapshot> {
    const next = this.#reading.then(async () => {
      this.#last = await Promise.all(this.#attached.map(({ attachment }) => attachment.read()))
      return this.#last
    })
    this.#reading = next
    return next
  }

  /** What each arm's pods did between two snapshots: a list for each arm, a reading for each probe. */
  between(earlier: Snapshot, later: Snapshot, arms: readonly ArmPods[]): KernelReading[][] {
    const attribution = this.#live?.attribution
    if (!attribution) return arms.map(() => [])
    const byProbe = later.map((reading, i) => armReadings(earlier[i] as Reading, reading, arms, attribution))
    return arms.map((_, place) => byProbe.flatMap((readings) => readings[place] ?? []))
  }

  /** For the record: what was asked for, what cannot be had, and what it cost up to the last snapshot. */
  get probes(): Probes {
    return { names: [...this.#names], unavailable: this.#unavailable, cost: this.#cost() }
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
    await this.#stack.disposeAsync()
  }
}

/** Which of these probes cannot watch a cluster's pods from here: why, and what to do about it. */
export async function unavailableProbes(cluster: Cluster, names: readonly ProbeName[]): Promise<Probes['unavailable']> {
  const elsewhere = await podsElsewhere(cluster)
  const found = await Promise.all(
    names.map(async (name) => [name, elsewhere ?? (await probes[name].available())] as const),
  )
  return found.flatMap(([probe, here]) => (here.available ? [] : [{ probe, reason: here.reason, remedy: here.remedy }]))
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
  return { ...first, cost }
}

/** A probe that could not be attached, though all that it needs is there, is one that cannot be had. */
async function attach(name: ProbeName, stack: AsyncDisposableStack): Promise<Attached | Probes['unavailable'][number]> {
  try {
    return { name, attachment: stack.use(await probes[name].attach()) }
  } catch (error) {
    return { probe: name, reason: (error as Error).message, remedy: `try it by itself: meshmark probe ${name}` }
  }
}

/** Why probes on this machine would not see a cluster's pods; null where they do. */
async function podsElsewhere(cluster: Cluster) {
  const { ref } = cluster
  if (ref.pods === 'processes') return null
  const names = (await cluster.nodes()).map(({ name }) => name)
  if (ref.takesLocalImages && (await nodeProcesses(names)) !== null) return null
  return {
    available: false as const,
    reason: `the pods of ${ref.provider} are not processes of this machine`,
    remedy: 'run it on the node itself, or with --cluster kind',
  }
}
