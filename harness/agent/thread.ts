import { once } from 'node:events'
import { parentPort, workerData } from 'node:worker_threads'
import { protocolNamed } from '../engine/index.ts'
import type { Share } from '../engine/protocol.ts'
import { Samples } from '../load/result/samples.ts'
import { Tally } from '../load/result/tally.ts'
import { watchGenerator } from './watch-generator.ts'

const longestEstablishMs = 5000

/** What a thread is started with. */
export interface Assignment {
  share: Share
  memory: SharedArrayBuffer
  /** Of a load that is measured by units. */
  samples: SharedArrayBuffer | undefined
}

/** What each thread of `runThreads` does: prepare, report ready, wait for the beginning, run. */
export async function serveShare(): Promise<void> {
  const { share, memory, samples } = workerData as Assignment
  const port = parentPort
  if (port === null) throw new Error('a share of a load is served in a worker thread')
  const { spec } = share
  const tally = new Tally(memory, samples && new Samples(samples))
  const loop = (await protocolNamed(spec.protocol)).createLoop(share, tally)
  await loop.establish(Math.min(spec.timeoutMs, longestEstablishMs))
  // What loading and connecting left behind would be collected in the load, for a millisecond or several at a time.
  globalThis.gc?.()
  const begins = once(port, 'message')
  port.postMessage('ready')
  const [begin] = (await begins) as [bigint]
  const waitMs = Number(begin - process.hrtime.bigint()) / 1e6
  const origin = performance.now() + waitMs
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, Math.floor(waitMs) - 1)))
  port.once('message', () => loop.stop())
  const measuredFrom = origin + spec.warmUpMs
  const unwatch = watchGenerator(tally, measuredFrom, measuredFrom + spec.durationMs)
  await loop.run(origin, () => {
    unwatch()
    port.postMessage('ended')
  })
  port.postMessage('done')
}
