import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import type { LoadResult } from '../../../reports/record.ts'
import { agentEntry, agentNodeArgs, readAgent } from '../run.ts'
import { loadSchema } from '../spec.ts'

/** What a client reached: CPU time is user + system, of the measured part for meshmark and of the whole process for others. */
export interface Reached {
  requestsPerSecond: number
  cpuUsPerRequest: number
}

export interface Job {
  url: string
  connections: number
  seconds: number
  core: number
  signal: AbortSignal
}

export interface Client {
  /** What must be on the machine, and how to get it; null when nothing is missing. */
  missing(): Promise<{ reason: string; remedy: string } | null>
  run(job: Job): Promise<Reached>
}

/** Applies a load with the agent on one core. */
export async function runAgent({ url, connections, seconds, core, signal }: Job, rate?: number): Promise<LoadResult> {
  const load = loadSchema.parse({
    connections,
    duration: `${seconds}s`,
    warmUp: '1s',
    ...(rate === undefined ? {} : { rate }),
  })
  const agent = [process.execPath, ...agentNodeArgs, fileURLToPath(agentEntry)]
  const { stdout } = await execa('taskset', ['-c', `${core}`, ...agent], {
    input: JSON.stringify({ ...load, url }),
    lines: true,
    cancelSignal: signal,
  })
  const output = readAgent()
  for (const line of stdout) output.line(line)
  return output.result()
}

/** Runs a peer on one core. bash's `time` gives the CPU time of the process it waited for; arguments do not pass through the shell. */
async function timed(command: string[], { core, signal }: Job): Promise<{ stdout: string; cpuUs: number }> {
  const script = `TIMEFORMAT='cpu %U %S'; time "$@"`
  const args = ['-c', script, 'bash', 'taskset', '-c', `${core}`, ...command]
  const { stdout, stderr } = await execa('bash', args, { cancelSignal: signal, env: { LC_ALL: 'C' } })
  const cpu = /^cpu ([\d.]+) ([\d.]+)$/m.exec(stderr)
  if (!cpu) throw new Error(`no CPU time of ${command[0]} in: ${stderr}`)
  return { stdout, cpuUs: (Number(cpu[1]) + Number(cpu[2])) * 1e6 }
}

const onPath = (command: string, remedy: string) => async () => {
  const found = await execa('which', [command], { reject: false })
  return found.exitCode === 0 ? null : { reason: `${command} is not on the PATH`, remedy }
}

const reached = (requests: number, seconds: number, cpuUs: number): Reached => ({
  requestsPerSecond: requests / seconds,
  cpuUsPerRequest: cpuUs / requests,
})

export const clients = {
  meshmark: {
    missing: async () => null,
    async run(job) {
      const { achievedRate, cpuUsPerRequest } = await runAgent(job)
      return { requestsPerSecond: achievedRate, cpuUsPerRequest: cpuUsPerRequest ?? Number.NaN }
    },
  },
  wrk: {
    missing: onPath('wrk', 'apt-get install wrk'),
    async run(job) {
      const { stdout, cpuUs } = await timed(['wrk', '-t1', `-c${job.connections}`, `-d${job.seconds}s`, job.url], job)
      const total = /^\s*(\d+) requests in ([\d.]+)s/m.exec(stdout)
      if (!total) throw new Error(`no total in wrk's output: ${stdout}`)
      return reached(Number(total[1]), Number(total[2]), cpuUs)
    },
  },
  fortio: {
    missing: onPath('fortio', 'go install fortio.org/fortio@v1.68.2'),
    async run(job) {
      const flags = ['-qps', '0', '-c', `${job.connections}`, '-t', `${job.seconds}s`, '-quiet', '-json', '-']
      const { stdout, cpuUs } = await timed(['fortio', 'load', ...flags, job.url], job)
      const { ActualDuration, DurationHistogram } = JSON.parse(stdout)
      return reached(DurationHistogram.Count, ActualDuration / 1e9, cpuUs)
    },
  },
  autocannon: {
    missing: onPath('autocannon', 'npm install --save-dev autocannon, and run this through npm'),
    async run(job) {
      const flags = ['-c', `${job.connections}`, '-d', `${job.seconds}`, '-p', '1', '-j']
      const { stdout, cpuUs } = await timed(['autocannon', ...flags, job.url], job)
      const { requests, duration } = JSON.parse(stdout)
      return reached(requests.total, duration, cpuUs)
    },
  },
} satisfies Record<string, Client>

export type ClientName = keyof typeof clients
export const clientNames = Object.keys(clients) as ClientName[]
