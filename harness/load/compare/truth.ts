import { fileURLToPath } from 'node:url'
import type { Distribution } from '../../../reports/load-result.ts'
import { loadSchema } from '../spec.ts'
import { loadTools } from '../tools/index.ts'
import { type Client, engine, peer } from './clients.ts'
import { addRun, type Bench, type Goal, median, type Report, type Row, type Section, type Skip } from './section.ts'
import { freePort, startServer } from './server.ts'

const program = fileURLToPath(new URL('./delaying.ts', import.meta.url))
/** So far apart that none waits for another. wrk, which keeps no rate, has one connection. */
const delays = [
  { delayUs: 1000, rate: 200 },
  { delayUs: 10_000, rate: 40 },
]
const mostShare = 0.02
const mostUs = 20

const columns: Report['columns'] = {
  error50: { title: 'p50 too long by µs', digits: 1 },
  error99: { title: 'p99 too long by µs', digits: 1 },
}

/** How far latencies are from what the server says that it took. */
export const truth: Section = {
  title: 'Latency beside a known delay',
  async run(bench) {
    const skipped: Skip[] = []
    const clients = [engine]
    for (const tool of [loadTools.fortio, loadTools.wrk]) {
      const client = peer(tool)
      const missing = await client.missing()
      if (missing) skipped.push(missing)
      else clients.push(client)
    }
    const rows: Row[] = []
    for (let repetition = 1; repetition <= bench.repetitions; repetition++) {
      for (const delay of delays) {
        for (const client of clients) {
          const name = named(client, delay.delayUs)
          bench.say(`repetition ${repetition} of ${bench.repetitions}: ${name}`)
          addRun(rows, name, await errorsOf(client, delay, bench))
        }
      }
    }
    const conditions = `${delays.map(({ delayUs, rate }) => `${delayUs} µs at ${rate}/s`).join(', ')}; wrk one after the other`
    return { conditions, columns, rows, skipped, goals: delays.flatMap(({ delayUs }) => judge(rows, delayUs)) }
  },
}

const named = ({ name }: Client, delayUs: number) => `${name}, ${delayUs} µs`

async function errorsOf(client: Client, { delayUs, rate }: (typeof delays)[number], bench: Bench) {
  const port = await freePort()
  const command = [process.execPath, program, `${port}`, `${delayUs}`]
  await using server = await startServer(command, bench.serverCore, port)
  const shape = client.name === 'wrk' ? { connections: 1 } : { connections: 4, rate }
  const load = loadSchema.parse({ ...shape, duration: `${bench.seconds}s`, warmUp: '1s' })
  const { latency, serviceTime } = await client.run({ ...load, url: server.url }, bench)
  const took = (await (await fetch(new URL('/took', server.url))).json()) as Distribution
  // Tools that do not know when a request was due tell how long it took from when it left.
  const beyond = (one: 'p50Us' | 'p99Us') =>
    (latency[one] ?? serviceTime[one] ?? Number.NaN) - (took[one] ?? Number.NaN)
  return { error50: beyond('p50Us'), error99: beyond('p99Us') }
}

function judge(rows: readonly Row[], delayUs: number): Goal[] {
  const values = rows.find(({ name }) => name === named(engine, delayUs))?.values
  const most = Math.max(mostUs, mostShare * delayUs)
  return Object.entries(values ?? {}).map(([column, errors]) => {
    const measured = median(errors)
    const goal = `${named(engine, delayUs)}: ${columns[column]?.title}, at most ${most} either way`
    return { goal, measured, met: Math.abs(measured) <= most }
  })
}
