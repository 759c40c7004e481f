import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import type { LoadResult, Stopped, TimelinePoint } from '../../reports/load-result.ts'
import { alarmMemory } from '../engine/alarm.ts'
import { protocolNamed } from '../engine/index.ts'
import type { Observer } from '../engine/protocol.ts'
import { resolveTarget } from '../engine/target.ts'
import { pauseOf, type TargetedPlan, threadsOf } from '../load/plan.ts'
import type { LoadProgress } from '../load/result/progress.ts'
import { loadResult, type Observed } from '../load/result/result.ts'
import { Samples } from '../load/result/samples.ts'
import { stopRules } from '../load/result/stop-rules.ts'
import { Tally } from '../load/result/tally.ts'
import { Units } from '../load/result/units.ts'
import type { AlarmAssignment } from './alarm-thread.ts'
import type { LoadMeasuring, LoadUnit } from './messages.ts'
import { Meter } from './meter.ts'
import type { Assignment } from './thread.ts'
import { throttledMs } from './throttled.ts'

/** From the agreement on a beginning to the beginning: time for the message to reach every thread. */
const leadMs = 20
const intervalMs = 1000
/** From a unit's end to its reading: its last replies come, and the threads note by then that they have. */
const unitDelayMs = 150

/** Who ends a load whose figures count all the same. */
export type EndedBy = 'experiment' | 'interrupt'
const endedWhy: Record<EndedBy, string> = { experiment: 'its experiment ended it', interrupt: 'it was interrupted' }

/** What a load is told from outside. */
export interface Agreements {
  /** Called once all threads are ready; returns how many milliseconds from now the load begins. Absent: soon. */
  agree?: () => Promise<number>
  /** Ends when the load is to end, before its time, with who wants that. Absent: it lasts as long as it was planned. */
  told?: (signal: AbortSignal) => Promise<EndedBy>
}

/** Runs a load in `plan.threads` threads that begin at the same moment; `entry` is the program whose threads call `serveShare` of thread.ts. */
export async function runThreads(
  plan: TargetedPlan,
  entry: URL,
  write: (message: LoadProgress | LoadMeasuring | LoadUnit) => void,
  { agree = async () => leadMs, told }: Agreements = {},
): Promise<LoadResult> {
  const { others, ...target } = await resolveTarget(plan.url)
  const protocol = await protocolNamed(plan.protocol)
  const prepared = await protocol.prepare?.(plan, target)
  const { first, own, all: threads } = threadsOf(plan)
  const tallies = Array.from(
    { length: own },
    () => new Tally(undefined, plan.unitMs === undefined ? undefined : new Samples()),
  )
  const load = randomInt(2 ** 32)
  const { observe: watch = observeTallies } = protocol
  const observer = await watch(plan, load, tallies)
  const alarm = pauseOf(plan) === 'wait' ? alarmMemory(own) : undefined
  const workers = tallies.map(({ memory, samples }, i) => {
    const assignment: Assignment = {
      share: {
        spec: plan,
        ...target,
        thread: first + i,
        threads,
        prepared,
        load,
        alarm: alarm && { memory: alarm, thread: i },
      },
      memory,
      samples: samples?.memory,
    }
    return new Worker(entry, { workerData: assignment })
  })
  const all = alarm ? [...workers, new Worker(entry, { workerData: { alarm } satisfies AlarmAssignment })] : workers
  const over = new AbortController()
  try {
    // `once` rejects when a worker emits an error instead.
    await Promise.all(all.map((worker) => once(worker, 'message')))
    const ended = Promise.all(workers.map((worker) => said(worker, 'ended')))
    const done = Promise.all(workers.map((worker) => said(worker, 'done')))
    // A thread that fails before the end has both fail.
    done.catch(() => {})
    const waitMs = await agree()
    const begin = process.hrtime.bigint() + BigInt(Math.round(waitMs * 1e6))
    for (const worker of workers) worker.postMessage(begin)
    const stop = () => {
      for (const worker of workers) worker.postMessage('stop')
    }
    const beginMs = performance.now() + waitMs
    if (plan.unitMs !== undefined) void writeUnits(plan, plan.unitMs, tallies, beginMs, write, over.signal)
    const observed = await observe(plan, tallies, observer, beginMs, ended, write, stop, told?.(over.signal))
    await done
    const result = await observer.result(observed)
    return others.length === 0 ? result : { ...result, address: { used: target.host, others } }
  } finally {
    over.abort()
    await Promise.all(all.map((worker) => worker.terminate()))
  }
}

/** Resolves when the thread says so. */
const said = (worker: Worker, what: string) =>
  new Promise<void>((resolve, reject) => {
    worker.on('message', (message) => message === what && resolve()).once('error', reject)
  })

/** Of a load that its own threads see all of. */
async function observeTallies(plan: TargetedPlan, _: number, tallies: readonly Tally[]): Promise<Observer> {
  return {
    meter: (phase) => new Meter(phase, tallies, phase === 'measured' && plan.histograms),
    result: (observed) => loadResult(plan, tallies, observed),
  }
}

/** Writes every unit soon after its end. */
async function writeUnits(
  { warmUpMs }: TargetedPlan,
  unitMs: number,
  tallies: readonly Tally[],
  beginMs: number,
  write: (message: LoadUnit) => void,
  signal: AbortSignal,
): Promise<void> {
  const units = new Units({ unitMs, warmUpMs }, tallies)
  for (let n = 1; !signal.aborted; n++) {
    const waitMs = beginMs + warmUpMs + n * unitMs + unitDelayMs - performance.now()
    // Aborted: the load is over.
    await sleep(Math.max(0, waitMs), undefined, { signal }).catch(() => {})
    if (!signal.aborted) for (const unit of units.read()) write({ type: 'unit', unit })
  }
}

/** Reads the tallies each second of both phases, and the CPU time of the measured one, whose beginning it tells. Calls `stop` when a rule of the load is broken. */
async function observe(
  plan: TargetedPlan,
  tallies: readonly Tally[],
  observer: Observer,
  beginMs: number,
  finished: Promise<unknown>,
  write: (message: LoadProgress | LoadMeasuring) => void,
  stop: () => void,
  told: Promise<EndedBy> | undefined,
): Promise<Observed> {
  let over = false
  const end = finished.finally(() => {
    over = true
  })
  const until = (moment: number) => {
    const timer = Promise.withResolvers<void>()
    const id = setTimeout(timer.resolve, Math.max(0, moment - performance.now()))
    return Promise.race([timer.promise, end]).finally(() => clearTimeout(id))
  }
  const warmUp = observer.meter('warm-up')
  for (let at = intervalMs; at < plan.warmUpMs; at += intervalMs) {
    await until(beginMs + at)
    const seen = await warmUp.read(at)
    if (seen) write(seen.progress)
  }
  const measuredFrom = beginMs + plan.warmUpMs
  await until(measuredFrom)
  write({ type: 'measuring' })
  const before = { cpu: process.cpuUsage(), throttledMs: throttledMs() }
  const meter = observer.meter('measured')
  const timeline: TimelinePoint[] = []
  const judge = stopRules(plan, tallies)
  let stopped: Stopped | null = null
  const elapsedMs = () => Math.round(performance.now() - measuredFrom)
  told?.then(
    (by) => {
      stopped ??= { by, why: endedWhy[by], atMs: elapsedMs(), highestRate: null }
      stop()
    },
    // Nobody did.
    () => {},
  )
  for (let at = intervalMs; !over; at += intervalMs) {
    await until(measuredFrom + at)
    if (over) break
    const seen = await meter.read(elapsedMs())
    if (seen === null) continue
    write(seen.progress)
    timeline.push(seen.point)
    if (stopped !== null) continue
    stopped = judge(seen.point)
    if (stopped !== null) stop()
  }
  await end
  const { user, system } = process.cpuUsage(before.cpu)
  const throttled = throttledMs()
  const rest = (await meter.read(elapsedMs()))?.point
  if (rest && (rest.requests > 0 || timeline.length === 0)) timeline.push(rest)
  return {
    cpuUs: user + system,
    throttledMs: throttled === null || before.throttledMs === null ? null : throttled - before.throttledMs,
    timeline,
    stopped,
  }
}
