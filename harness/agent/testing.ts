import net, { type Socket } from 'node:net'
import { type LoadResult, loadResultSchema } from '../../reports/load-result.ts'
import { protocolNamed } from '../engine/index.ts'
import { listen } from '../engine/testing-listen.ts'
import type { LoadInput } from '../load/input/index.ts'
import type { TargetedPlan } from '../load/plan.ts'
import { loadResult } from '../load/result/result.ts'
import { Tally } from '../load/result/tally.ts'
import { planLoad } from '../tools/plan.ts'
import { runLoad } from './process.ts'

/** A short load, and its result as a record takes it. */
export async function loadOn(url: string, input: LoadInput): Promise<LoadResult> {
  const shape = { duration: '1s', warmUp: '200ms', timeout: '5s', connections: 4, ...input }
  return loadResultSchema.parse(await runLoad(planLoad(shape, url)))
}

/** Applies a load from within the test, which is quicker than an agent's start. `establishMs` is what opening its connections may take. */
export async function loadHere(spec: TargetedPlan, establishMs = 2000): Promise<LoadResult> {
  const tally = new Tally()
  const { hostname: host, port } = new URL(spec.url)
  const target = { host, port: Number(port) }
  const protocol = await protocolNamed(spec.protocol)
  const prepared = await protocol.prepare?.(spec, target)
  const loop = protocol.createLoop({ spec, ...target, thread: 0, threads: 1, prepared, load: 0 }, tally)
  await loop.establish(establishMs)
  await loop.run(performance.now())
  return loadResult(spec, [tally], { cpuUs: 0, throttledMs: null, timeline: [], stopped: null })
}

export const okReply = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'

export interface RawServer extends AsyncDisposable {
  url: string
  port: number
  /** So far. */
  connections: number
  requests: number
}

/** A loopback server for tests that replies to each request with what `answer` writes; `n` counts requests from 1. No pipelining. */
export async function rawServer(answer: (socket: Socket, n: number, text: string) => void): Promise<RawServer> {
  const server = net.createServer((socket) => {
    raw.connections++
    let pending = ''
    socket.on('data', (data) => {
      pending += data.toString('latin1')
      if (!pending.includes('\r\n\r\n')) return
      const text = pending
      pending = ''
      answer(socket, ++raw.requests, text)
    })
  })
  const listening = await listen(server)
  const raw: RawServer = { ...listening, url: `http://127.0.0.1:${listening.port}/`, connections: 0, requests: 0 }
  return raw
}
