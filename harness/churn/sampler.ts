/**
 * The sampler: sends a request every few milliseconds, on a new connection each and beside that on one it keeps, and reports which
 * status came back when.
 * Reads a SamplerSpec (JSON) from stdin, writes SamplerMessages (NDJSON) to stdout.
 */
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { readBegin, unixNow } from '../agent/begin.ts'
import type { Sample, SampleAgo, SamplerMessage, SamplerSpec } from './messages.ts'
import { Series } from './series.ts'

const reportEveryMs = 250
const pauseMs = 5

const write = (message: SamplerMessage) => process.stdout.write(`${JSON.stringify(message)}\n`)

/** Sends the opening requests. Returns how many were replied to. */
async function sendOpening({ url, requests }: SamplerSpec['opening']): Promise<number> {
  const series = await Series.to(url, 'fresh')
  for (let n = 0; n < requests; n++) {
    series.ask()
    await drain([series])
  }
  return series.take().filter(({ outcome }) => typeof outcome === 'number').length
}

/** Waits until every request has ended. */
async function drain(all: readonly Series[]): Promise<void> {
  while (all.some(({ outstanding }) => outstanding > 0)) {
    await sleep(pauseMs)
    for (const series of all) series.expire(unixNow())
  }
}

async function sample({ url, everyMs, durationMs }: SamplerSpec): Promise<void> {
  const [fresh, kept] = [await Series.to(url, 'fresh'), await Series.to(url, 'kept')]
  const report = () => {
    const unixMs = unixNow()
    const ago = ({ sentAt, endedAt, outcome }: Sample): SampleAgo => [since(sentAt), since(endedAt), outcome]
    const since = (at: number) => Number((unixMs - at).toFixed(2))
    write({ type: 'samples', unixMs, fresh: fresh.take().map(ago), kept: kept.take().map(ago) })
  }
  const sampling = setInterval(() => {
    fresh.ask()
    kept.ask()
  }, everyMs)
  const reporting = setInterval(report, reportEveryMs)
  await sleep(durationMs)
  clearInterval(sampling)
  await drain([fresh, kept])
  clearInterval(reporting)
  report()
}

// A reader that is gone will not come back.
process.stdout.on('error', () => process.exit(1))
process.on('SIGTERM', () => process.exit(143))
const spec = JSON.parse(await text(process.stdin)) as SamplerSpec
const replies = await sendOpening(spec.opening)
write({ type: 'ready', unixMs: unixNow(), replies })
await readBegin()
await sample(spec)
// The connection that is kept would keep the process.
process.exit(0)
