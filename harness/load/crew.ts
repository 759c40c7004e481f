import { once } from 'node:events'
import { parentPort, Worker, workerData } from 'node:worker_threads'
import type { LoadResult, Stopped, TimelinePoint } from '../../reports/record.ts'
import { watchGenerator } from './generator.ts'
import type { LoadProgress } from './messages.ts'
import { Meter } from './meter.ts'
import type { Protocol, Share } from './protocol.ts'
import { protocols } from './protocols/index.ts'
import { loadResult, type Observed } from './result.ts'
import { type LoadSpec, threadsOf } from './spec.ts'
import { stopRules } from './stop-rules.ts'
import { Tally } from './tally.ts'
import { resolveTarget } from './target.ts'

/** From the agreement on a beginning to the beginning, so that every thread has heard of it. */
const leadMs = 20
const longestEstablishMs = 5000
const intervalMs = 1000

interface Assignment {
  share: Share
  memory: SharedArrayBuffer
}

/**
 * Runs a load in `spec.threads` threads that begin at the same moment; `entry` is the program whose threads call `serveShare`.
 * With `agree`, that moment is agreed on with others once all threads are ready: its answer, in milliseconds from now.
 */
export async function conduct(
  spec: LoadSpec,
  entry: URL,
  onProgress: (progress: LoadProgress) => void,
  agree: () => Promise<number> = async () => leadMs,
): Promise<LoadResult> {
  const target = await resolveTarget(spec.url)
  const protocol: Protocol = protocols[spec.protocol]
  const prepared = await protocol.prepare?.(spec, target)
  const { first, own, all: threads } = threadsOf(spec)
  const tallies = Array.from({ length: own }, () => new Tally())
  const workers = tallies.map(({ memory }, i) => {
    const assignment: Assignment = { share: { spec, ...target, thread: first + i, threads, prepared }, memory }
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
    const observed = await observe(spec, tallies, performance.now() + waitMs, finished, onProgress, stop)
    return loadResult(spec, tallies, observed)
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()))
  }
}

/** Reads the tallies each second of both phases, and the CPU time of the measured one. Calls `stop` when a rule of the load says so. */
async function observe(
  spec: LoadSpec,
  tallies: readonly Tally[],
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
  const warmUp = new Meter('warm-up', tallies)
  for (let at = intervalMs; at < spec.warmUp; at += intervalMs) {
    await until(beginMs + at)
    onProgress(warmUp.read(at).progress)
  }
  const measuredFrom = beginMs + spec.warmUp
  await until(measuredFrom)
  const before = process.cpuUsage()
  const meter = new Meter('measured', tallies, spec.histograms)
  const timeline: TimelinePoint[] = []
  const judge = stopRules(spec, tallies)
  let stopped: Stopped | null = null
  const elapsedMs = () => Math.round(performance.now() - measuredFrom)
  for (let at = intervalMs; !over; at += intervalMs) {
    await until(measuredFrom + at)
    if (over) break
    const { progress, point } = meter.read(elapsedMs())
    onProgress(progress)
    timeline.push(point)
    if (stopped !== null) continue
    stopped = judge(point)
    if (stopped !== null) stop()
  }
  await end
  const { user, system } = process.cpuUsage(before)
  const rest = meter.read(elapsedMs()).point
  if (rest.requests > 0 || timeline.length === 0) timeline.push(rest)
  return { cpuUs: user + system, timeline, stopped }
}

/** What each thread of `conduct` does: prepare, report ready, wait for the beginning, run. */
export async function serveShare(): Promise<void> {
  const { share, memory } = workerData as Assignment
  const port = parentPort
  if (port === null) throw new Error('a share of a load is served in a worker thread')
  const { spec } = share
  const tally = new Tally(memory)
  const loop = protocols[spec.protocol].createLoop(share, tally)
  await loop.establish(Math.min(spec.timeout, longestEstablishMs))
  // What loading and connecting left behind would be collected in the load, for a millisecond or several at a time.
  globalThis.gc?.()
  const begins = once(port, 'message')
  port.postMessage('ready')
  const [begin] = (await begins) as [bigint]
  const waitMs = Number(begin - process.hrtime.bigint()) / 1e6
  const origin = performance.now() + waitMs
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, Math.floor(waitMs) - 1)))
  port.once('message', () => loop.stop?.())
  const measuredFrom = origin + spec.warmUp
  const unwatch = watchGenerator(tally, measuredFrom, measuredFrom + spec.duration)
  await loop.run(origin)
  unwatch()
  port.postMessage('done')
}
