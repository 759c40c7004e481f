import { once } from 'node:events'
import type { EnrolledArm } from '../../clusters/mesh.ts'
import type { Cluster, Program } from '../../clusters/provider.ts'
import type { LoadResult, Unit } from '../../reports/load-result.ts'
import type { Trial, UnitUsage } from '../../reports/record.ts'
import { unixNow } from '../agent/begin.ts'
import { agentInputs, clusterLeadMs, type Gathering, gather, longestLeadMs } from '../agent/fleet.ts'
import { type AgentOutput, longestRunMs, readAgent } from '../agent/process.ts'
import type { TargetedPlan } from '../load/plan.ts'
import { mergeResults, mergeUnits } from '../load/result/merge.ts'
import { awaitAll, type ReadyArm } from './arms.ts'
import { type Reading, readUse, usedBetween, watchedPods } from './resources.ts'
import { httpRequests, loadFailure, runJob } from './trial.ts'
import { trialValidity } from './validity.ts'

/** From the moment all agents are ready to the beginning: time for the message to reach each of them, at least. */
const leastLeadMs = { processes: 700, kubernetes: clusterLeadMs }

type Proof = Awaited<ReturnType<EnrolledArm['watch']>>

/** An arm in a session, and its load. */
export interface Member {
  arm: ReadyArm
  load: TargetedPlan & { agents: number }
  /** Its load begins so much later than the others'. */
  delayMs?: number
}

export interface SessionOptions {
  /** How long the agents may wait for the beginning. */
  waitMs: number
  /** A unit of the arm at this place is finished by all of its agents. */
  onUnit?: (place: number, unit: Unit) => void
}

/** All arms under load at once: their agents have started, are connected, and wait for the beginning. */
export class Session implements AsyncDisposable {
  readonly #cluster: Cluster
  readonly #members: readonly Member[]
  readonly #outputs: readonly (readonly AgentOutput[])[]
  readonly #begins: readonly PromiseWithResolvers<string>[]
  readonly #end = Promise.withResolvers<string>()
  readonly #stop = new AbortController()
  readonly #jobs: readonly Promise<Error | null>[]
  readonly #gathering: Gathering
  readonly #ready = Promise.withResolvers<void>()
  readonly #proofs: readonly Proof[]
  readonly #before: readonly Reading[]
  #lastUse: readonly Reading[]
  readonly #usage: readonly UnitUsage[][]
  #startedAt = ''

  private constructor(
    cluster: Cluster,
    program: Program,
    members: readonly Member[],
    before: { proofs: Proof[]; use: Reading[] },
    options: SessionOptions,
  ) {
    this.#cluster = cluster
    this.#members = members
    this.#proofs = before.proofs
    this.#before = before.use
    this.#lastUse = before.use
    this.#usage = members.map(() => [])
    this.#begins = members.map(() => Promise.withResolvers<string>())
    this.#gathering = gather(members.reduce((sum, { load }) => sum + load.agents, 0))
    void this.#gathering.complete.then(this.#ready.resolve)
    this.#outputs = members.map(({ load }, place) => {
      const merged = mergeUnits(load.agents, (unit) => options.onUnit?.(place, unit))
      return Array.from({ length: load.agents }, (_, agent) =>
        readAgent({
          onUnit: (unit) => merged(agent, unit),
          onReady: this.#gathering.join,
        }),
      )
    })
    this.#jobs = members.map(({ arm, load }, place) =>
      runJob(cluster, program, arm, load, {
        input: agentInputs(load),
        begin: (this.#begins[place] as PromiseWithResolvers<string>).promise,
        end: this.#end.promise,
        signal: this.#stop.signal,
        timeoutMs: longestRunMs(load) + options.waitMs + longestLeadMs,
        onLine: (text, agent) => this.#outputs[place]?.[agent]?.line(text),
      }).then(
        () => null,
        (error: Error) => error,
      ),
    )
    for (const [place, job] of this.#jobs.entries())
      void job.then((error) => {
        if (error === null || this.#stop.signal.aborted) return
        this.#ready.reject(this.#failure(place, error))
        // What the others do is of no use without it.
        this.#stop.abort(error)
      })
  }

  /** Starts every arm's agents. Throws HarnessError LOAD_FAILED when one of them does not turn ready; all have ended by then. */
  static async open(
    cluster: Cluster,
    program: Program,
    members: readonly Member[],
    options: SessionOptions,
  ): Promise<Session> {
    const proofs = await Promise.all(members.map(({ arm }) => arm.enrolled.watch()))
    const use = await Promise.all(members.map(({ arm }) => readUse(arm)))
    const session = new Session(cluster, program, members, { proofs, use }, options)
    try {
      await session.#ready.promise
      return session
    } catch (error) {
      await session[Symbol.asyncDispose]()
      throw error
    }
  }

  /** Lets the load begin. Returns when its warm-up begins, in milliseconds since 1970 of our clock. */
  begin(): number {
    const startMs = unixNow() + this.#gathering.leadMs(leastLeadMs[this.#cluster.ref.pods])
    this.#startedAt = new Date(startMs).toISOString()
    this.#members.forEach(({ delayMs = 0 }, place) => {
      this.#begins[place]?.resolve(this.#gathering.beginAt(startMs + delayMs))
    })
    return startMs
  }

  /** Tells the agents to end; they do at the end of their plan in any case. */
  end(): void {
    this.#end.resolve('end')
  }

  /** When the warm-up began, as an ISO date; empty before. */
  get startedAt(): string {
    return this.#startedAt
  }

  /** What the arm at this place was read to have used so far. */
  usageOf(place: number): UnitUsage[] {
    return [...(this.#usage[place] ?? [])]
  }

  /** Ends when all agents have ended, or one has failed. */
  get over(): Promise<unknown> {
    return Promise.race([Promise.all(this.#jobs), once(this.#stop.signal, 'abort')])
  }

  /** What the arms' containers used since they were read last, for the units in between. */
  async readUsage(fromUnit: number, units: number, requests: readonly number[]): Promise<void> {
    const now = await Promise.all(this.#members.map(({ arm }) => readUse(arm)))
    this.#members.forEach(({ arm }, place) => {
      const [before, after] = [this.#lastUse[place] as Reading, now[place] as Reading]
      const resources = usedBetween(arm, before, after, requests[place] ?? 0)
      if (units > 0) this.#usage[place]?.push({ fromUnit, units, resources })
    })
    this.#lastUse = now
  }

  /** Waits for the end of the load. Returns a trial of each arm; its units are the caller's to add. */
  async trials(position: { index: number; block: number }): Promise<Trial[]> {
    const loads = await this.results()
    const after = await Promise.all(this.#members.map(({ arm }) => readUse(arm)))
    return awaitAll(
      this.#members.map(async ({ arm, load: plan }, place): Promise<Trial> => {
        const load = loads[place] as LoadResult
        const [before, now] = [this.#before[place] as Reading, after[place] as Reading]
        const evidence = await (this.#proofs[place] as Proof)(httpRequests(plan, load))
        const usage = this.#usage[place] ?? []
        return {
          index: position.index + place,
          block: position.block,
          arm: arm.spec.name,
          startedAt: this.#startedAt,
          load,
          resources: usedBetween(arm, before, now, load.requests + load.warmUpRequests),
          ...(usage.length > 0 ? { usage } : {}),
          evidence,
          validity: trialValidity(load, evidence, watchedPods(arm, before, now), arm.placement),
        }
      }),
    )
  }

  /** The load of each arm. Throws HarnessError LOAD_FAILED with the words of the first agent that failed. */
  async results(): Promise<LoadResult[]> {
    const errors = await Promise.all(this.#jobs)
    return this.#outputs.map((outputs, place) => {
      try {
        const results = outputs.map((output) => output.result())
        return results.length === 1 ? (results[0] as LoadResult) : mergeResults(results)
      } catch (error) {
        throw loadFailure(this.#members[place]?.load.url ?? '', error as Error, errors[place] ?? undefined)
      }
    })
  }

  /** Ends the agents at once, where they have not ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await Promise.all(this.#jobs)
  }

  /** An agent's own words say more than how its job ended. */
  #failure(place: number, error: Error): Error {
    const url = this.#members[place]?.load.url ?? ''
    try {
      for (const output of this.#outputs[place] ?? []) output.result()
    } catch (words) {
      return loadFailure(url, words as Error, error)
    }
    return loadFailure(url, error, error)
  }
}
