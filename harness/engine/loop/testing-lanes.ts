import { type LoadResult, loadResultSchema, type Stopped, type TimelinePoint } from '../../../reports/load-result.ts'
import { Meter } from '../../agent/meter.ts'
import { type LoadInput, loadSchema } from '../../load/input/index.ts'
import type { TargetedPlan } from '../../load/plan.ts'
import { loadResult } from '../../load/result/result.ts'
import { Samples } from '../../load/result/samples.ts'
import { stopRules } from '../../load/result/stop-rules.ts'
import { type ErrorKind, Tally } from '../../load/result/tally.ts'
import type { Lane, LaneOwner } from '../lane.ts'
import { createRequestLoop } from './request-loop.ts'
import { TestClock } from './testing-clock.ts'

/** A request as the script sees it. `n` counts all of them from 1, `lane` is its lane's number among those of all threads. */
export interface Asked {
  n: number
  lane: number
  /** Since the load began. */
  atMs: number
  /** The load's request of that number. */
  choice: number
}

/** What becomes of a request: a reply after so long, or a failure if `fails` is set. */
export interface Outcome {
  afterMs: number
  fails?: ErrorKind
  refusal?: ErrorKind
  /** The connection cannot be used again. */
  closes?: boolean
}

/** A target that does what a test says. */
export interface Script {
  /** What becomes of a request; null: nothing at all. */
  answer(asked: Asked): Outcome | null
  /** Whether a connection can be had; absent: always. `n` counts attempts from 1. */
  accepts?(n: number): boolean
  connectMs?: number
  /** After so long without a request, the peer closes a connection; absent: never. */
  idleMs?: number
}

export interface ScriptedLoad {
  result: LoadResult
  /** All that were sent, in their order. */
  asked: Asked[]
  connections: number
  attempts: number
  /** What the whole load took, with the opening of its connections and its end. */
  tookMs: number
  clock: TestClock
}

/** Every reply after so long. */
export const replyAfter = (afterMs: number): Script => ({ answer: () => ({ afterMs }) })

/**
 * Runs a short load on lanes that follow a script, in the time of a test's clock, with the rules that a load is stopped by. `told` is
 * what an agent is told beside the load; `aheadMs` is how long before its beginning the load's threads go on, which real ones do, too.
 */
export async function loadScripted(
  input: LoadInput,
  script: Script,
  { aheadMs = 0, ...told }: Pick<TargetedPlan, 'arms' | 'pause' | 'unitMs'> & { aheadMs?: number } = {},
): Promise<ScriptedLoad> {
  const shape = { duration: '1s', warmUp: '200ms', timeout: '5s', connections: 4, ...input }
  const spec = { ...loadSchema.parse(shape), ...told, url: 'http://scripted.test/' }
  const { threads } = spec
  const clock = new TestClock(told.pause === 'wait')
  const target = new ScriptedTarget(script, clock)
  const samples = () => (told.unitMs === undefined ? undefined : new Samples())
  const tallies = Array.from({ length: threads }, () => new Tally(undefined, samples()))
  const loops = tallies.map((tally, thread) => {
    const lanesOf = (owner: LaneOwner, connections: number) =>
      Array.from({ length: connections }, (_, slot) => new ScriptedLane(slot, thread + slot * threads, target, owner))
    const share = { spec, host: '', port: 0, thread, threads, load: 0 }
    return createRequestLoop(share, tally, lanesOf, 1, clock)
  })
  await clock.until(Promise.all(loops.map((loop) => loop.establish(5000))))
  const beginMs = clock.elapsedMs + aheadMs
  const running = Promise.all(loops.map((loop) => new Promise<void>((ended) => void loop.run(beginMs, ended))))
  const meter = new Meter('measured', tallies)
  const judge = stopRules(spec, tallies)
  const timeline: TimelinePoint[] = []
  let stopped: Stopped | null = null
  const second = (atMs: number) => {
    const { point } = meter.read(atMs)
    timeline.push(point)
    if (stopped === null) {
      stopped = judge(point)
      if (stopped !== null) for (const loop of loops) loop.stop?.()
    }
    clock.after(1000, () => second(atMs + 1000))
  }
  clock.after(spec.warmUpMs + 1000, () => second(1000))
  await clock.until(running)
  const result = loadResult(spec, tallies, { cpuUs: 0, throttledMs: null, timeline, stopped })
  const { asked, connections, attempts } = target
  return { result: loadResultSchema.parse(result), asked, connections, attempts, tookMs: clock.elapsedMs, clock }
}

class ScriptedTarget {
  readonly script: Script
  readonly clock: TestClock
  readonly asked: Asked[] = []
  connections = 0
  attempts = 0

  constructor(script: Script, clock: TestClock) {
    this.script = script
    this.clock = clock
  }
}

class ScriptedLane implements Lane {
  readonly slot: number
  readonly bytes = 10
  readonly messages = 1
  readonly refusalWords = 'as the script says'
  state: Lane['state'] = 'closed'
  refusal: ErrorKind | null = null
  reusable = true
  readonly #number: number
  readonly #target: ScriptedTarget
  readonly #owner: LaneOwner
  /** Changes with all that happens to the lane: what was to happen to it before does not any more. */
  #turn = 0

  constructor(slot: number, number: number, target: ScriptedTarget, owner: LaneOwner) {
    this.slot = slot
    this.#number = number
    this.#target = target
    this.#owner = owner
  }

  open(): void {
    const { script } = this.#target
    const accepted = script.accepts?.(++this.#target.attempts) ?? true
    this.#become('connecting')
    this.#later(script.connectMs ?? 0, () => {
      if (accepted) {
        this.#target.connections++
        this.#idle()
        this.#owner.opened(this)
      } else this.#fail('connect')
    })
  }

  send(choice: number): void {
    if (this.state !== 'free') throw new Error(`a request was sent on a lane that is ${this.state}`)
    const { script, clock, asked } = this.#target
    const request = { n: asked.length + 1, lane: this.#number, atMs: clock.now() / 1e6, choice }
    asked.push(request)
    this.#become('busy')
    const outcome = script.answer(request)
    if (outcome === null) return
    this.#later(outcome.afterMs, () => {
      if (outcome.fails !== undefined) {
        this.#fail(outcome.fails)
        return
      }
      this.refusal = outcome.refusal ?? null
      this.reusable = !outcome.closes
      this.#idle()
      this.#owner.replied(this)
    })
  }

  abort(): void {
    this.#become('closed')
  }

  retire(): void {
    this.#become('closed')
  }

  #become(state: Lane['state']): void {
    this.#turn++
    this.state = state
  }

  #idle(): void {
    this.#become('free')
    const { idleMs } = this.#target.script
    if (idleMs === undefined) return
    this.#later(idleMs, () => {
      this.#become('closed')
      this.#owner.dropped(this, true)
    })
  }

  #fail(kind: ErrorKind): void {
    this.#become('closed')
    this.#owner.failed(this, kind)
  }

  #later(ms: number, act: () => void): void {
    const turn = this.#turn
    this.#target.clock.after(ms, () => {
      if (turn === this.#turn) act()
    })
  }
}
