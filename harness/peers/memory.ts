import { readFileSync } from 'node:fs'
import { loadSchema } from '../load/input/index.ts'
import { engine } from './clients.ts'
import { addRun, type Bench, type Goal, medianOf, type Report, type Row, type Section } from './section.ts'
import { startWorkload } from './server.ts'

const connections = 10_000
const mostMb = 200
const everyMs = 250
/** Shorter runs still compile and fill their caches in the second tenth. */
const flatFromSeconds = 300
const mostGrowth = 0.05

const columns: Report['columns'] = {
  peak: { title: 'peak, MB', digits: 1 },
  growth: { title: 'last tenth / second tenth', digits: 3 },
}

const kinds = [
  { name: 'HTTP/1.1', workload: 'http-echo', load: { protocol: 'http' }, scheme: 'http' },
  {
    name: 'WebSocket',
    workload: 'ws-echo',
    load: { protocol: 'websocket', websocket: { mode: 'echo', messageBytes: 64 } },
    scheme: 'ws',
  },
]

/** What an agent with many connections takes, and whether that grows: `--seconds 1200` for 20 minutes of it. Linux. */
export const memory: Section = {
  title: 'Memory of an agent',
  async run(bench) {
    const rows: Row[] = []
    for (let repetition = 1; repetition <= bench.repetitions; repetition++) {
      for (const kind of kinds) {
        bench.log(`repetition ${repetition} of ${bench.repetitions}: ${kind.name}`)
        addRun(rows, kind.name, await memoryOf(kind, bench))
      }
    }
    const goals = rows.flatMap(({ name, values }) => judge(name, values, bench.seconds))
    return { conditions: `${connections} connections, 200 requests/s`, columns, rows, skipped: [], goals }
  },
}

async function memoryOf({ workload, load, scheme }: (typeof kinds)[number], bench: Bench) {
  await using server = await startWorkload(workload, bench.serverCore)
  const shape = { ...load, connections, rate: 200, duration: `${bench.seconds}s`, warmUp: '1s' }
  const spec = { ...loadSchema.parse(shape), url: server.url.replace('http', scheme) }
  const seen: number[] = []
  let timer: NodeJS.Timeout | undefined
  try {
    await engine.run(spec, bench, (pid) => {
      timer = setInterval(() => seen.push(residentMb(pid)), everyMs)
    })
  } finally {
    clearInterval(timer)
  }
  const tenth = (n: number) => medianOf(seen.slice((n * seen.length) / 10, ((n + 1) * seen.length) / 10))
  return { peak: Math.max(...seen), growth: tenth(9) / tenth(1) }
}

/** What a process has in memory (proc(5), VmRSS), in 10^6 bytes. */
function residentMb(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return (Number(kib) * 1024) / 1e6
}

function judge(name: string, { peak = [], growth = [] }: Row['values'], seconds: number): Goal[] {
  const most = medianOf(peak)
  const grown = medianOf(growth)
  const flat = {
    goal: `${name}: it grows by at most ${100 * mostGrowth} %`,
    measured: grown,
    met: grown <= 1 + mostGrowth,
  }
  return [
    { goal: `${name}: at most ${mostMb} MB`, measured: most, met: most <= mostMb },
    ...(seconds >= flatFromSeconds ? [flat] : []),
  ]
}
