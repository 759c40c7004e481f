import { fileURLToPath } from 'node:url'
import type { Distribution } from '../../reports/load-result.ts'
import { loadSchema } from '../load/input/index.ts'
import { loadTools } from '../tools/index.ts'
import { type Client, clientsHere, engine } from './clients.ts'
import { addRun, type Bench, type Goal, medianOf, type Report, type Row, type Section } from './section.ts'
import { freePort, startServer } from './server.ts'

const program = fileURLToPath(new URL('./delaying.ts', import.meta.url))
const delays = [
  { delayUs: 1000, rate: 1000 },
  { delayUs: 10_000, rate: 1000 },
]
type Delay = (typeof delays)[number]
const mostShare = 0.02
const mostUs = 20

const columns: Report['columns'] = {
  error50: { title: 'p50 too long by µs', digits: 1 },
  error99: { title: 'p99 too long by µs', digits: 1 },
}

/** How far latencies are from what the server itself measured. */
export const truth: Section = {
  title: 'Latency beside a known delay',
  async run(bench) {
    const { clients, skipped } = await clientsHere([loadTools.fortio, loadTools.wrk])
    const rows: Row[] = []
    for (let repetition = 1; repetition <= bench.repetitions; repetition++) {
      for (const delay of delays) {
        for (const client of clients) {
          const name = named(client, delay)
          bench.log(`repetition ${repetition} of ${bench.repetitions}: ${name}`)
          addRun(rows, name, await errorsOf(client, delay, bench))
        }
      }
    }
    const conditions = '32 connections; wrk, which keeps no rate, sends the next after the reply over one'
    return { conditions, columns, rows, skipped, goals: delays.flatMap((delay) => judge(rows, delay)) }
  },
}

const named = ({ name }: Client, { delayUs, rate }: Delay) => `${name}, ${delayUs} µs at ${rate}/s`

async function errorsOf(client: Client, { delayUs, rate }: Delay, bench: Bench) {
  const port = await freePort()
  const command = [process.execPath, program, `${port}`, `${delayUs}`]
  await using server = await startServer(command, bench.serverCore, port)
  const shape = client.name === 'wrk' ? { connections: 1 } : { connections: 32, rate }
  const load = loadSchema.parse({ ...shape, duration: `${bench.seconds}s`, warmUp: '3s' })
  const { latency, serviceTime } = await client.run({ ...load, url: server.url }, bench)
  const took = (await (await fetch(new URL('/took', server.url))).json()) as Distribution
  // Tools that do not know when a request was due measure from when it left.
  const beyond = (one: 'p50Us' | 'p99Us') =>
    (latency[one] ?? serviceTime[one] ?? Number.NaN) - (took[one] ?? Number.NaN)
  return { error50: beyond('p50Us'), error99: beyond('p99Us') }
}

function judge(rows: readonly Row[], delay: Delay): Goal[] {
  const values = rows.find(({ name }) => name === named(engine, delay))?.values
  const most = Math.max(mostUs, mostShare * delay.delayUs)
  return Object.entries(values ?? {}).map(([column, errors]) => {
    const measured = medianOf(errors)
    const goal = `${named(engine, delay)}: ${columns[column]?.title}, at most ${most} either way`
    return { goal, measured, met: Math.abs(measured) <= most }
  })
}
