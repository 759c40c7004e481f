import { loadSchema } from '../load/input/index.ts'
import type { LoadPlan } from '../load/plan.ts'
import { clientsHere, engine, type PeerName, peers } from './clients.ts'
import { addRun, capacityOf, type Goal, type Report, type Row, ratio, type Section } from './section.ts'
import type { Server } from './server.ts'

/** What the load engine must reach beside a peer, pair by pair: a share of its requests/s and of its CPU time a request. */
export interface PeerGoals {
  rateAtLeast?: number
  cpuAtMost?: number
}

export interface ClosedLoop {
  title: string
  conditions: string
  load: Record<string, unknown> & { protocol: string }
  peers: Partial<Record<PeerName, PeerGoals>>
  startServer(core: number): Promise<Server>
}

/** The engine and its peers as fast as replies come, each in turn in every repetition. */
export const closedLoop = ({ title, conditions, load, peers: goals, startServer }: ClosedLoop): Section => ({
  title,
  async run(bench) {
    const { clients, skipped } = await clientsHere((Object.keys(goals) as PeerName[]).map((name) => peers[name]))
    await using server = await startServer(bench.serverCore)
    const spec: LoadPlan & { url: string } = {
      ...loadSchema.parse({ duration: `${bench.seconds}s`, warmUp: '1s', ...load }),
      url: server.url,
    }
    const rows: Row[] = []
    for (let repetition = 1; repetition <= bench.repetitions; repetition++) {
      for (const client of clients) {
        bench.log(`repetition ${repetition} of ${bench.repetitions}: ${client.name}`)
        addRun(rows, client.name, capacityOf(await client.run(spec, bench)))
      }
    }
    return { conditions, columns, rows, skipped, goals: judge(rows, goals) }
  },
})

const columns: Report['columns'] = {
  rate: { title: 'requests/s', digits: 0 },
  cpu: { title: 'CPU µs/request', digits: 2 },
}

function judge(rows: readonly Row[], peers: ClosedLoop['peers']): Goal[] {
  const goals: Goal[] = []
  for (const [name, { rateAtLeast, cpuAtMost }] of Object.entries(peers)) {
    const rate = ratio(rows, 'rate', engine.name, name)
    const cpu = ratio(rows, 'cpu', engine.name, name)
    if (rate !== null && rateAtLeast !== undefined)
      goals.push({
        goal: `requests/s at least ${rateAtLeast} of ${name}'s`,
        measured: rate,
        met: rate >= rateAtLeast,
      })
    if (cpu !== null && cpuAtMost !== undefined)
      goals.push({ goal: `CPU a request at most ${cpuAtMost} of ${name}'s`, measured: cpu, met: cpu <= cpuAtMost })
  }
  return goals
}
