/** The load agent: the engine as a program. One file for the main thread and the threads that make the load, so that it bundles to one. */
import { setFlagsFromString } from 'node:v8'
import { isMainThread, workerData } from 'node:worker_threads'

/**
 * The young generation that V8 begins with, of 1 MiB, is collected too often; one of 64 MiB swept the cache for 2 % of the
 * throughput; and one that may grow keeps what it grew to. Set for the threads that are started from here on: the main one makes no load.
 */
const threadFlags = ['--min-semi-space-size=8', '--max-semi-space-size=8']

// A thread that makes the load needs neither schemas nor results, which would be most of what it keeps in memory.
if (isMainThread) {
  for (const flag of threadFlags) setFlagsFromString(flag)
  const { agreeOnBegin, readEnd } = await import('./begin.ts')
  const { runThreads } = await import('./threads.ts')
  const { serveLoad } = await import('./serve.ts')
  await serveLoad((plan, write, interrupted) =>
    runThreads(plan, new URL(import.meta.url), write, {
      ...(plan.share || plan.unitMs !== undefined ? { agree: () => agreeOnBegin(write, plan.warmUpMs) } : {}),
      told: (signal) =>
        plan.unitMs === undefined
          ? interrupted
          : Promise.race([interrupted, readEnd(signal).then(() => 'experiment' as const)]),
    }),
  )
} else if (workerData.alarm !== undefined) {
  const { serveAlarm } = await import('./alarm-thread.ts')
  serveAlarm()
} else {
  const { serveShare } = await import('./thread.ts')
  await serveShare()
}
