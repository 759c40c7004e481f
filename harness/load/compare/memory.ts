import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import { programBeside } from '../../../clusters/bundle.ts'
import { agentEntry, agentEnv, agentNodeArgs, readAgent } from '../run.ts'
import { loadSchema } from '../spec.ts'
import { addRun, type Bench, type Goal, median, type Report, type Row, type Section } from './section.ts'
import { freePort, startServer } from './server.ts'

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
        bench.say(`repetition ${repetition} of ${bench.repetitions}: ${kind.name}`)
        addRun(rows, kind.name, await memoryOf(kind, bench))
      }
    }
    const goals = rows.flatMap(({ name, values }) => judge(name, values, bench.seconds))
    return { conditions: `${connections} connections, 200 requests/s`, columns, rows, skipped: [], goals }
  },
}

async function memoryOf({ workload, load, scheme }: (typeof kinds)[number], bench: Bench) {
  const port = await freePort()
  const program = fileURLToPath(programBeside(import.meta.url, `../../../clusters/workloads/programs/${workload}`))
  const command = ['env', 'HOST=127.0.0.1', `PORT_HTTP=${port}`, process.execPath, program]
  await using server = await startServer(command, bench.serverCore, port)
  const shape = { ...load, connections, rate: 200, duration: `${bench.seconds}s`, warmUp: '1s' }
  const spec = { ...loadSchema.parse(shape), url: server.url.replace('http', scheme) }
  const agent = execa(
    'taskset',
    ['-c', `${bench.clientCore}`, process.execPath, ...agentNodeArgs, fileURLToPath(agentEntry)],
    { input: JSON.stringify(spec), env: agentEnv, lines: true, cancelSignal: bench.signal },
  )
  const seen: number[] = []
  const timer = setInterval(() => seen.push(residentMb(agent.pid)), everyMs)
  try {
    const output = readAgent()
    for (const line of (await agent).stdout) output.line(line)
    output.result()
  } finally {
    clearInterval(timer)
  }
  const tenth = (n: number) => median(seen.slice((n * seen.length) / 10, ((n + 1) * seen.length) / 10))
  return { peak: Math.max(...seen), growth: tenth(9) / tenth(1) }
}

/** What a process has in memory (proc(5), VmRSS), in 10^6 bytes. taskset becomes the agent, so the id is the agent's. */
function residentMb(pid: number | undefined): number {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return (Number(kib) * 1024) / 1e6
}

function judge(name: string, { peak = [], growth = [] }: Row['values'], seconds: number): Goal[] {
  const most = median(peak)
  const grown = median(growth)
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
