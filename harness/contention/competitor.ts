/**
 * A pod that takes all the CPU time that it can get, on every CPU that it may use: `/burn?ms=5000` for so long, `/rest` ends it sooner.
 * It ends by itself when its time is over, whatever becomes of whoever asked.
 */
import { createServer } from 'node:http'
import { availableParallelism } from 'node:os'
import { isMainThread, Worker, workerData } from 'node:worker_threads'
import { longestBurnMs } from './limits.ts'

/** Until when to burn, in ms since 1970; 0: not at all. */
type Until = BigInt64Array<SharedArrayBuffer>

function burnWhenAsked(until: Until): never {
  for (;;) {
    Atomics.wait(until, 0, 0n)
    const asked = Atomics.load(until, 0)
    while (BigInt(Date.now()) < Atomics.load(until, 0));
    // Unless it has been asked again meanwhile.
    Atomics.compareExchange(until, 0, asked, 0n)
  }
}

function serve(): void {
  const until: Until = new BigInt64Array(new SharedArrayBuffer(8))
  for (let cpu = 0; cpu < availableParallelism(); cpu++)
    new Worker(new URL(import.meta.url), { workerData: until.buffer })
  const ask = (ms: number) => {
    Atomics.store(until, 0, ms === 0 ? 0n : BigInt(Date.now() + ms))
    Atomics.notify(until, 0)
  }
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://competitor')
    const ms = pathname === '/burn' ? Number(searchParams.get('ms')) : 0
    const isRight = ['/', '/burn', '/rest'].includes(pathname) && ms >= 0 && ms <= longestBurnMs
    if (isRight && pathname !== '/') ask(Math.ceil(ms))
    response.writeHead(isRight ? 200 : 400).end()
  })
  server.listen({ host: process.env.HOST ?? '0.0.0.0', port: Number(process.env.PORT_HTTP ?? 8080) })
  // As the first process of a container it would not end otherwise.
  process.on('SIGTERM', () => process.exit(0))
}

if (isMainThread) serve()
else burnWhenAsked(new BigInt64Array(workerData as SharedArrayBuffer))
