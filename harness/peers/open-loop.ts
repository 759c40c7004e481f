import { loadSchema } from '../load/input/index.ts'
import { loadTools } from '../tools/index.ts'
import { clientsHere, engine } from './clients.ts'
import { startNginx } from './nginx.ts'
import { pausesOnCore } from './pauses.ts'
import { addRun, type Goal, medianOf, type Report, type Row, type Section } from './section.ts'

const fixedRate = 10_000
const sharesOfMaximum = [0.25, 0.5, 0.75]
const leastShare = 0.999
const mostLagUs = 10
const mostPauses = 3

const columns: Report['columns'] = {
  share: { title: 'achieved/target', digits: 5 },
  lag99: { title: 'send lag p99 µs', digits: 1 },
  lag999: { title: 'p99.9 µs', digits: 1 },
  service99: { title: 'service time p99 µs', digits: 0 },
}

/** How punctual the engine is at a fixed rate and at shares of what it reaches in a closed loop, and what fortio makes of the same. */
export const openLoop: Section = {
  title: 'HTTP/1.1, open loop',
  async run(bench) {
    await using nginx = await startNginx(bench.serverCore)
    const load = loadSchema.parse({ connections: 32, duration: `${bench.seconds}s`, warmUp: '1s' })
    bench.log('the highest rate')
    const { achievedRate: maximum } = await engine.run({ ...load, url: nginx.url }, bench)
    const rates = [fixedRate, ...sharesOfMaximum.map((share) => Math.round(share * maximum))]
    const { clients, skipped } = await clientsHere([loadTools.fortio])
    const rows: Row[] = []
    const goals: Goal[] = []
    for (const rate of rates) {
      const at = (name: string) => `${name} at ${rate.toLocaleString('en-US')}/s`
      for (let repetition = 1; repetition <= bench.repetitions; repetition++) {
        bench.log(`repetition ${repetition} of ${bench.repetitions}: ${rate}/s`)
        for (const client of clients) {
          const { achievedRate, sendLag, serviceTime } = await client.run({ ...load, rate, url: nginx.url }, bench)
          addRun(rows, at(client.name), {
            share: achievedRate / rate,
            lag99: sendLag.p99Us ?? Number.NaN,
            lag999: sendLag.p999Us ?? Number.NaN,
            service99: serviceTime.p99Us ?? Number.NaN,
          })
        }
        const { p99Us, p999Us } = await pausesOnCore(bench.clientCore, bench.seconds)
        addRun(rows, at('the machine itself'), { lag99: p99Us, lag999: p999Us })
      }
      goals.push(...judge(rows, at))
    }
    const conditions = `32 connections, one nginx worker; ${sharesOfMaximum.map((share) => 100 * share).join(', ')} % of ${Math.round(maximum).toLocaleString('en-US')}/s`
    return { conditions, columns, rows, skipped, goals }
  },
}

function judge(rows: readonly Row[], at: (name: string) => string): Goal[] {
  const of = (name: string, column: string) => rows.find((row) => row.name === at(name))?.values[column] ?? []
  const goal = (text: string, measured: number, met: boolean): Goal => ({ goal: `${at(text)}`, measured, met })
  const share = medianOf(of(engine.name, 'share'))
  const lag = medianOf(of(engine.name, 'lag99'))
  const own = of('the machine itself', 'lag999')
  const pausesOf = medianOf(of(engine.name, 'lag999').map((us, i) => us / (own[i] as number)))
  return [
    goal(`achieved/target at least ${leastShare}`, share, share >= leastShare),
    goal(`send-lag p99 at most ${mostLagUs} µs`, lag, lag <= mostLagUs),
    goal(`send-lag p99.9 at most ${mostPauses} of the machine's own`, pausesOf, pausesOf <= mostPauses),
  ]
}
