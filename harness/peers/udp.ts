import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bundleProgram } from '../../clusters/bundle.ts'
import { streamReceiver } from '../../clusters/workloads/stream-receiver.ts'
import type { LoadResult } from '../../reports/load-result.ts'
import { loadSchema } from '../load/input/index.ts'
import type { LoadPlan } from '../load/plan.ts'
import { loadTools } from '../tools/index.ts'
import { engine, peer } from './clients.ts'
import { addRun, type Bench, type Goal, medianOf, type Report, type Row, ratio, type Section } from './section.ts'
import { findServer, freePort, startServer } from './server.ts'

const protocol = 'udp'

interface Stream {
  name: string
  /** More than there can be: as fast as it goes. */
  gigabits: number
  segmentBytes: number
  /** Of what was sent. */
  mostLost?: number
}

const best: Stream = { name: 'meshmark, as fast as it goes, 1472 bytes', gigabits: 100, segmentBytes: 1472 }
const streams: Stream[] = [
  { name: 'meshmark, 1 Gbit/s, 512 bytes', gigabits: 1, segmentBytes: 512, mostLost: 0 },
  { name: 'meshmark, 1 Gbit/s, 1472 bytes', gigabits: 1, segmentBytes: 1472, mostLost: 0 },
  { name: 'meshmark, 10 Gbit/s, 8900 bytes', gigabits: 10, segmentBytes: 8900, mostLost: 0.005 },
  best,
]
const peerName = 'iperf3, as fast as it goes, 1472 bytes'
const leastOfPeer = 0.5
/** A stream that was not sent loses nothing. */
const leastKept = 0.999

const columns: Report['columns'] = {
  arrived: { title: 'Gbit/s that arrived', digits: 3 },
  lost: { title: 'lost, %', digits: 3 },
}

/** How much arrives of datagrams that one core sends and another receives; to iperf3's server from iperf3. */
export const udp: Section = {
  title: 'UDP, from one core to another',
  async run(bench) {
    const iperf3 = peer(loadTools.iperf3)
    const missing = await iperf3.missing()
    const dir = await mkdtemp(join(tmpdir(), 'meshmark-compare-'))
    await using _ = { [Symbol.asyncDispose]: () => rm(dir, { recursive: true }) }
    // As it is deployed: what a program holds in memory is what its collector has to walk.
    const receiver = await bundleProgram(streamReceiver.entry, dir)
    const rows: Row[] = []
    for (let repetition = 1; repetition <= bench.repetitions; repetition++) {
      for (const stream of streams) {
        bench.log(`repetition ${repetition} of ${bench.repetitions}: ${stream.name}`)
        addRun(rows, stream.name, await runEngine(stream, receiver, bench))
      }
      if (missing) continue
      bench.log(`repetition ${repetition} of ${bench.repetitions}: ${peerName}`)
      addRun(rows, peerName, await runPeer(bench))
    }
    const conditions = 'one stream, payload; a sender and a receiver of the same make'
    return { conditions, columns, rows, skipped: missing ? [missing] : [], goals: judge(rows) }
  },
}

async function runEngine({ gigabits, segmentBytes }: Stream, receiver: string, bench: Bench) {
  const [http, udp] = [await freePort(), await freePort()]
  const env = ['env', 'HOST=127.0.0.1', `PORT_HTTP=${http}`, `PORT_TCP=${await freePort()}`, `PORT_UDP=${udp}`]
  await using server = await startServer([...env, process.execPath, receiver], bench.serverCore, http)
  const load = { ...loadOf(bench), stream: { bitrate: `${gigabits}Gbit`, segmentBytes, receiver: server.url } }
  const spec: LoadPlan = loadSchema.parse(load)
  return arrivedOf(await engine.run({ ...spec, url: `udp://127.0.0.1:${udp}` }, bench), segmentBytes)
}

async function runPeer(bench: Bench) {
  const port = await freePort()
  const binary = await findServer('iperf3', loadTools.iperf3.remedy)
  const command = [binary, '--server', '--bind', '127.0.0.1', '--port', `${port}`]
  await using _ = await startServer(command, bench.serverCore, port)
  const url = `udp://127.0.0.1:${port}`
  const { segmentBytes } = best
  const spec: LoadPlan = loadSchema.parse({
    ...loadOf(bench),
    stream: { bitrate: `${best.gigabits}Gbit`, segmentBytes },
    // A larger buffer than it takes by itself, which costs it loss.
    tool: 'iperf3',
    toolArgs: ['--window', '4M'],
  })
  return arrivedOf(await peer(loadTools.iperf3).run({ ...spec, url }, bench), segmentBytes)
}

const loadOf = ({ seconds }: Bench) => ({ protocol, connections: 1, duration: `${seconds}s`, warmUp: '1s' })

/** A request is a datagram. */
function arrivedOf({ requests, errors, durationMs }: LoadResult, segmentBytes: number) {
  const lost = errors.lost ?? 0
  return { arrived: ((requests - lost) * segmentBytes * 8) / durationMs / 1e6, lost: (100 * lost) / requests }
}

function judge(rows: readonly Row[]): Goal[] {
  const kept = streams.flatMap(({ name, gigabits, mostLost }): Goal[] => {
    const { arrived, lost } = rows.find((row) => row.name === name)?.values ?? {}
    if (mostLost === undefined || !arrived || !lost) return []
    const share = medianOf(arrived) / gigabits
    const percent = medianOf(lost)
    const least = leastKept - mostLost
    return [
      { goal: `${name}: at least ${least} of it arrived`, measured: share, met: share >= least },
      { goal: `${name}: at most ${100 * mostLost} % lost`, measured: percent, met: percent <= 100 * mostLost },
    ]
  })
  const share = ratio(rows, 'arrived', best.name, peerName)
  if (share === null) return kept
  const goal = `at least ${leastOfPeer} of what iperf3 brings over in datagrams of 1472 bytes`
  return [...kept, { goal, measured: share, met: share >= leastOfPeer }]
}
