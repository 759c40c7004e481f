import { setTimeout as sleep } from 'node:timers/promises'
import type { Cluster, Program } from '../../clusters/provider.ts'
import { decodeHistogram } from '../../reports/histogram.ts'
import type { Unit } from '../../reports/load-result.ts'
import type { Arm, MachineUnit, Trial } from '../../reports/record.ts'
import { unixNow } from '../agent/begin.ts'
import { turnsOf } from '../load/schedule/turns.ts'
import { kernelOf, unitValues } from '../probes/arm-kernel.ts'
import { KernelUnits } from '../probes/kernel-units.ts'
import { clearness } from '../verdict/clearness.ts'
import { CollectedUnits } from './collected.ts'
import type { UnitsContext } from './context.ts'
import { fewestUnits } from './design.ts'
import { loadSoFar } from './load-so-far.ts'
import type { MachineWatch } from './machine.ts'
import { clearInMs, type LiveInterval } from './progress.ts'
import { type Member, Session } from './session.ts'
import type { ExperimentSpec } from './spec.ts'
import { requestsAtSockets } from './trial.ts'

/** Of each deployment where there are several: fewer say little of what differs from one to the next. */
const leastUnits = 16
/** An arm that has answered nothing for so long will not. */
const silentMs = 5000
/** Of agents that wait for the beginning while the deployment before is still measured. */
const waitMs = 120_000
/** Use is read after so many units: reading it takes time of the cores, and a limit on it needs as many blocks as others need units. */
const usageUnits = 2

/** Where a measurement stands in its experiment. */
export interface MeasurementOptions {
  spec: ExperimentSpec
  context: UnitsContext
  /** Disposed of with the measurement. */
  watch: MachineWatch
  /** From 1, of how many. */
  deployment: number
  deployments: number
  /** The trials and the machine's units of the deployments before. */
  earlier: readonly Trial[]
  machine: readonly MachineUnit[]
}

/** One deployment of all arms, measured until there is enough of it. */
export class Measurement implements AsyncDisposable {
  readonly #session: Session
  readonly #members: readonly Member[]
  readonly #units: CollectedUnits
  readonly #options: MeasurementOptions
  readonly #arms: readonly Arm[]
  readonly #kernel: KernelUnits | null
  begun: Promise<void> = Promise.resolve()
  /** Units up to which use was read; −1 before it was. */
  #usedTo = -1

  private constructor(
    session: Session,
    members: readonly Member[],
    units: CollectedUnits,
    options: MeasurementOptions,
  ) {
    this.#session = session
    this.#members = members
    this.#units = units
    this.#options = options
    this.#arms = members.map(({ arm }) => options.context.armOf(arm))
    const { kernel } = options.context
    const pods = members.map(({ arm }) => arm)
    this.#kernel = kernel && new KernelUnits(kernel, pods, options.spec.unitMs)
  }

  /** Starts the agents of all arms, which then wait. Throws HarnessError LOAD_FAILED when one does not turn ready. */
  static async open(
    cluster: Cluster,
    agent: Program,
    members: readonly Member[],
    options: MeasurementOptions,
  ): Promise<Measurement> {
    const units = new CollectedUnits(members.length)
    const onUnit = (place: number, unit: Unit) => units.add(place, unit)
    return new Measurement(await Session.open(cluster, agent, members, { waitMs, onUnit }), members, units, options)
  }

  /** Lets the load begin, soon: then `begun` ends. */
  begin(): void {
    const { spec, watch } = this.#options
    const startMs = this.#session.begin()
    watch.begin(startMs + spec.load.warmUpMs)
    this.#kernel?.begin(startMs + spec.load.warmUpMs - unixNow())
    this.begun = sleep(Math.max(0, startMs - unixNow()))
  }

  /** Counts its units on from those of the deployments before, which have ended. */
  goOn(): void {
    this.#units.startAt(unitsOf(this.#options.earlier))
  }

  /** Measures until the limits are clear, the deployment's part of the time is over, or the load ends by itself. */
  async untilEnough(): Promise<void> {
    let over = false
    const ended = this.#session.over.then(() => {
      over = true
    })
    while (!over) {
      await Promise.race([this.#units.changed(), ended])
      await this.#readUsage()
      if (this.#enough()) return
    }
  }

  /** An arm has answered nothing: more of it would say nothing else. */
  get silent(): boolean {
    const { unitMs } = this.#options.spec
    return this.#members.some((_, place) => {
      const units = this.#units.of(place)
      return units.length * unitMs >= silentMs && units.every(({ latency }) => latency === '')
    })
  }

  /** Ends the load. Returns a trial of each arm with its units, and what the machine did meanwhile. */
  async end(): Promise<{ trials: Trial[]; machine: MachineUnit[] }> {
    const { earlier, deployment } = this.#options
    this.#kernel?.stop()
    this.#session.end()
    const trials = await this.#session.trials({ index: earlier.length + 1, block: deployment })
    const measured = trials.map((trial, place) => ({
      ...trial,
      load: { ...trial.load, units: this.#units.of(place) },
    }))
    return { trials: await this.#withKernel(measured), machine: this.#machine() }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session[Symbol.asyncDispose]()
    await this.#options.watch[Symbol.asyncDispose]()
  }

  /** Adds what the kernel saw. */
  async #withKernel(trials: Trial[]): Promise<Trial[]> {
    if (!this.#kernel) return trials
    await this.#kernel.end()
    const { measured, whole } = this.#kernel.totals(this.#units.count)
    return trials.map((trial, place) => {
      const { load } = this.#members[place] as Member
      const sent = requestsAtSockets(load, trial.load)
      const readings = { measured: measured[place] ?? [], whole: whole[place] ?? [] }
      return { ...trial, kernel: kernelOf({ ...readings, byUnit: this.#kernelOf(place), load: trial.load, sent }) }
    })
  }

  /** What the kernel saw of the arm at this place, by the numbers that its units have in the experiment. */
  #kernelOf(place: number) {
    const byUnit = this.#kernel?.of(place) ?? new Map<number, never[]>()
    return new Map([...byUnit].map(([index, readings]) => [this.#units.first + index, readings]))
  }

  #enough(): boolean {
    const { spec, context, deployment, deployments, machine } = this.#options
    const own = this.#units.count
    const all = this.#units.first + own
    const most = Math.floor(spec.maxDurationMs / spec.unitMs)
    const { clear, open } =
      context.limits === null
        ? { clear: false, open: [] }
        : clearness(context.limits, this.#soFar(), {
            seed: context.seed,
            unitMs: spec.unitMs,
            machine: [...machine, ...this.#machine()],
          })
    this.#report(open)
    if (this.silent || all >= Math.floor((most * deployment) / deployments)) return true
    const least = deployments === 1 ? fewestUnits : Math.min(leastUnits, Math.floor(most / deployments))
    return clear && context.limits?.length !== 0 && own >= least
  }

  #report(open: readonly LiveInterval[]): void {
    const { spec, context } = this.#options
    const { unitMs, maxDurationMs: maxMs } = spec
    const elapsedMs = (this.#units.first + this.#units.count) * unitMs
    const arms = this.#arms.map(({ name }, place) => ({ arm: name, ...this.#lastOf(place) }))
    const all = { elapsedMs, maxMs, arms, open: [...open], clearInMs: clearInMs(open, unitMs) }
    context.onUnits({ kind: 'units', phase: 'measured', text: '', ...all })
  }

  /** The last unit of the arm at this place. Rates of one that is loaded in turn are those in its own turns, as in its result. */
  #lastOf(place: number): { rate: number | null; p99Us: number | null } {
    const last = this.#units.of(place).at(-1)
    if (last === undefined || last.latency === '') return { rate: null, p99Us: null }
    const share = turnsOf(this.#members[place]?.load.arms, 0)?.measuredShare ?? 1
    const latency = decodeHistogram(last.latency)
    const seconds = (this.#options.spec.unitMs * share) / 1000
    return { rate: latency.totalCount / seconds, p99Us: latency.getValueAtPercentile(99) / 1000 }
  }

  /** Every arm as it would be if the experiment ended now. */
  #soFar(): Arm[] {
    const { earlier, deployment } = this.#options
    return this.#arms.map((arm, place) => {
      const live: Trial = {
        ...{ index: earlier.length + place + 1, block: deployment, arm: arm.name, startedAt: this.#session.startedAt },
        ...{ load: loadSoFar(this.#units.of(place)), resources: [], usage: this.#session.usageOf(place) },
        ...{ evidence: null, validity: { valid: true, reasons: [] } },
      }
      const kernel = this.#kernel && { readings: [], units: unitValues(this.#kernelOf(place), live.load.units ?? []) }
      const known = kernel ? { ...live, kernel } : live
      return { ...arm, trials: [...earlier.filter((trial) => trial.arm === arm.name), known] }
    })
  }

  /** Only where a limit is about it: reading it takes time of the cores that are measured. */
  async #readUsage(): Promise<void> {
    const { context } = this.#options
    if (context.limits?.every(({ indicator }) => !/cpu|memory/i.test(indicator))) return
    const count = this.#units.count
    if (this.#usedTo >= 0 && count - this.#usedTo < usageUnits) return
    const from = Math.max(0, this.#usedTo)
    const units = this.#usedTo < 0 ? 0 : count - from
    const requests = this.#members.map((_, place) =>
      this.#units
        .of(place)
        .filter(({ index }) => index >= this.#units.first + from)
        .reduce((sum, unit) => sum + unit.requests, 0),
    )
    this.#usedTo = count
    await this.#session.readUsage(this.#units.first + from, units, requests)
  }

  #machine(): MachineUnit[] {
    const count = this.#units.count
    return this.#options.watch
      .units()
      .filter(({ index }) => index < count)
      .map((unit) => ({ ...unit, index: this.#units.first + unit.index }))
  }
}

/** How many units trials of an experiment have, in every arm. */
const unitsOf = (trials: readonly Trial[]) =>
  Math.max(0, ...trials.map(({ load }) => (load.units?.at(-1)?.index ?? -1) + 1))
