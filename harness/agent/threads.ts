import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { LoadResult, Stopped, TimelinePoint } from '../../reports/load-result.ts'
import { protocolNamed } from '../engine/index.ts'
import type { Observer } from '../engine/protocol.ts'
import { resolveTarget } from '../engine/target.ts'
import { type TargetedPlan, threadsOf } from '../load/plan.ts'
import type { LoadProgress } from '../load/result/progress.ts'
import { loadResult, type Observed } from '../load/result/result.ts'
import { stopRules } from '../load/result/stop-rules.ts'
import { Tally } from '../load/result/tally.ts'
import { Meter } from './meter.ts'
import type { Assignment } from './thread.ts'

/** From the agreement on a beginning to the beginning, so that every thread has heard of it. */
const leadMs = 20
const intervalMs = 1000

/**
 * Runs a load in `spec.threads` threads that begin at the same moment; `entry` is the program whose threads call `serveShare` of thread.ts.
 * With `agree`, that moment is agreed on with others once all threads are ready: its answer, in milliseconds from now.
 */
export async function conduct(
  spec: TargetedPlan,
  entry: URL,
  onProgress: (progress: LoadProgress) => void,
  agree: () => Promise<number> = async () => leadMs,
): Promise<LoadResult> {
  const target = await resolveTarget(spec.url)
  const protocol = await protocolNamed(spec.protocol)
  const prepared = await protocol.prepare?.(spec, target)
  const { first, own, all: threads } = threadsOf(spec)
  const tallies = Array.from({ length: own }, () => new Tally())
  const load = randomInt(2 ** 32)
  const { observe: watch = observeTallies } = protocol
  const observer = await watch(spec, load, tallies)
  const workers = tallies.map(({ memory }, i) => {
    const assignment: Assignment = { share: { spec, ...target, thread: first + i, threads, prepared, load }, memory }
    return new Worker(entry, { workerData: assignment })
  })
  try {
    // `once` rejects when a worker emits an error instead.
    await Promise.all(workers.map((worker) => once(worker, 'message')))
    const finished = Promise.all(workers.map((worker) => once(worker, 'message')))
    const waitMs = await agree()
    const begin = process.hrtime.bigint() + BigInt(Math.round(waitMs * 1e6))
    for (const worker of workers) worker.postMessage(begin)
    const stop = () => {
      for (const worker of workers) worker.postMessage('stop')
    }
    const observed = await observe(spec, tallies, observer, performance.now() + waitMs, finished, onProgress, stop)
    return await observer.result(observed)
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()))
  }
}

/** A load that its own threads know all about. */
async function observeTallies(spec: TargetedPlan, _: number, tallies: readonly Tally[]): Promise<Observer> {
  return {
    meter: (phase) => new Meter(phase, tallies, phase === 'measured' && spec.histograms),
    result: (observed) => loadResult(spec, tallies, observed),
  }
}

/** Reads what is seen each second of both phases, and the CPU time of the measured one. Calls `stop` when a rule of the load says so. */
async function observe(
  spec: TargetedPlan,
  tallies: readonly Tally[],
  observer: Observer,
  beginMs: number,
  finished: Promise<unknown>,
  onProgress: (progress: LoadProgress) => void,
  stop: () => void,
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
  for (let at = intervalMs; at < spec.warmUpMs; at += intervalMs) {
    await until(beginMs + at)
    const seen = await warmUp.read(at)
    if (seen) onProgress(seen.progress)
  }
  const measuredFrom = beginMs + spec.warmUpMs
  await until(measuredFrom)
  const before = process.cpuUsage()
  const meter = observer.meter('measured')
  const timeline: TimelinePoint[] = []
  const judge = stopRules(spec, tallies)
  let stopped: Stopped | null = null
  const elapsedMs = () => Math.round(performance.now() - measuredFrom)
  for (let at = intervalMs; !over; at += intervalMs) {
    await until(measuredFrom + at)
    if (over) break
    const seen = await meter.read(elapsedMs())
    if (seen === null) continue
    onProgress(seen.progress)
    timeline.push(seen.point)
    if (stopped !== null) continue
    stopped = judge(seen.point)
    if (stopped !== null) stop()
  }
  await end
  const { user, system } = process.cpuUsage(before)
  const rest = (await meter.read(elapsedMs()))?.point
  if (rest && (rest.requests > 0 || timeline.length === 0)) timeline.push(rest)
  return { cpuUs: user + system, timeline, stopped }
}
