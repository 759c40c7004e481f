/** Compares the load engine with its peers on this machine; see `--help`. */
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { execa } from 'execa'
import { type ClientName, clientNames, clients, runAgent } from './compare/clients.ts'
import { startNginx } from './compare/nginx.ts'
import { type Comparison, comparisonText, goals } from './compare/report.ts'

const help = `Usage: npm run bench:load -- [options]

How much load meshmark, wrk, fortio and autocannon make with one core against one nginx worker on another,
alternated within each repetition; then how punctual meshmark is at 10,000 requests a second.
Exits 1 when a goal is not met. Linux, 2 cores or more, taskset and nginx; a missing peer is skipped.

  --repetitions N   how often each client runs (default 5)
  --seconds N       how long each run takes (default 5)
  --json            the figures as JSON
  --help            this text
`

const connections = 32
const rate = 10_000
const serverCore = 0
const clientCore = 1

const { values } = parseArgs({
  options: {
    repetitions: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '5' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

function whole(name: 'repetitions' | 'seconds'): number {
  const value = Number(values[name])
  if (Number.isInteger(value) && value >= 1 && value <= 3600) return value
  throw new Error(`--${name}: received ${values[name]}; a whole number from 1 to 3600`)
}

async function findNginx(): Promise<string> {
  const found = await execa('which', ['nginx'], { reject: false, env: { PATH: `${process.env.PATH}:/usr/sbin:/sbin` } })
  if (found.exitCode !== 0) throw new Error('nginx was not found; apt-get install nginx-light')
  return found.stdout
}

async function main(): Promise<boolean> {
  const repetitions = whole('repetitions')
  const seconds = whole('seconds')
  if (availableParallelism() < 2) throw new Error('the server and the client need a core each; this machine has one')
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort(new Error(signal)))
  await using nginx = await startNginx(await findNginx(), serverCore)
  const job = { url: nginx.url, connections, seconds, core: clientCore, signal: stop.signal }
  const comparison: Comparison = {
    connections,
    seconds,
    closedLoop: {},
    skipped: [],
    openLoop: { targetRate: rate, achievedShare: [], sendLagP99Us: [] },
  }
  const present: ClientName[] = []
  for (const client of clientNames) {
    const missing = await clients[client].missing()
    if (missing) comparison.skipped.push({ client, ...missing })
    else present.push(client)
  }
  for (let repetition = 0; repetition < repetitions; repetition++) {
    for (const client of present) {
      process.stderr.write(`repetition ${repetition + 1} of ${repetitions}: ${client}\n`)
      const reached = await clients[client].run(job)
      comparison.closedLoop[client] = [...(comparison.closedLoop[client] ?? []), reached]
    }
    const { achievedRate, sendLag } = await runAgent(job, rate)
    comparison.openLoop.achievedShare.push(achievedRate / rate)
    comparison.openLoop.sendLagP99Us.push(sendLag.p99Us ?? Number.NaN)
  }
  const judged = goals(comparison)
  process.stdout.write(
    `${values.json ? JSON.stringify({ ...comparison, goals: judged }, null, 2) : comparisonText(comparison)}\n`,
  )
  return judged.every(({ met }) => met)
}

if (values.help) process.stdout.write(help)
else {
  try {
    if (!(await main())) process.exitCode = 1
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`)
    process.exitCode = 1
  }
}
