/**
 * The prober: asks a target over and over, on new connections and beside that on one it keeps, and tells what answered when.
 * Reads a ProberSpec (JSON) from stdin, writes ProberMessages (NDJSON) to stdout.
 */
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { readBegin, unixNow } from '../agent/begin.ts'
import type { Asked, AskedAgo, ProberMessage, ProberSpec } from './messages.ts'
import { Series } from './series.ts'

const tellEveryMs = 250
const pauseMs = 5

const write = (message: ProberMessage) => process.stdout.write(`${JSON.stringify(message)}\n`)

/** Answers how many of the requests were replied to. */
async function open({ url, requests }: ProberSpec['opening']): Promise<number> {
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

async function probe({ url, everyMs, durationMs }: ProberSpec): Promise<void> {
  const [fresh, kept] = [await Series.to(url, 'fresh'), await Series.to(url, 'kept')]
  const tell = () => {
    const unixMs = unixNow()
    const ago = ({ sentAt, endedAt, outcome }: Asked): AskedAgo => [since(sentAt), since(endedAt), outcome]
    const since = (at: number) => Number((unixMs - at).toFixed(2))
    write({ type: 'asked', unixMs, fresh: fresh.take().map(ago), kept: kept.take().map(ago) })
  }
  const asking = setInterval(() => {
    fresh.ask()
    kept.ask()
  }, everyMs)
  const telling = setInterval(tell, tellEveryMs)
  await sleep(durationMs)
  clearInterval(asking)
  await drain([fresh, kept])
  clearInterval(telling)
  tell()
}

// A reader that is gone will not come back.
process.stdout.on('error', () => process.exit(1))
process.on('SIGTERM', () => process.exit(143))
const spec = JSON.parse(await text(process.stdin)) as ProberSpec
const replies = await open(spec.opening)
write({ type: 'ready', unixMs: unixNow(), replies })
await readBegin()
await probe(spec)
// The connection that is kept would keep the process.
process.exit(0)
