import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import type { LoadResult } from '../../reports/load-result.ts'
import { agentEntry, agentEnv, agentNodeArgs, readAgent } from '../agent/process.ts'
import type { TargetedPlan } from '../load/plan.ts'
import { loadToolAvailability } from '../tools/availability.ts'
import { h2loadWithoutLog } from '../tools/h2load.ts'
import { loadTools } from '../tools/index.ts'
import { runLoadTool } from '../tools/run.ts'
import type { LoadTool } from '../tools/tool.ts'
import { autocannon } from './autocannon.ts'
import type { Bench, Skip } from './section.ts'

/** Who makes the load. CPU time is that of the measured part for meshmark, and of the whole process for peers. */
export interface Client {
  name: string
  /** What must be on the machine, and how to get it; null when nothing is missing. */
  missing(): Promise<Skip | null>
  /** On the client's core. */
  run(load: TargetedPlan, bench: Pick<Bench, 'clientCore' | 'signal'>): Promise<LoadResult>
}

const pinnedTo = (core: number) => ['taskset', '-c', `${core}`] as const

export const engine = {
  name: 'meshmark',
  missing: async () => null,
  /** `onStart` takes the agent's process id. */
  async run(load, { clientCore, signal }, onStart?: (pid: number) => void) {
    const [taskset, ...pinned] = pinnedTo(clientCore)
    const agent = execa(taskset, [...pinned, process.execPath, ...agentNodeArgs, fileURLToPath(agentEntry)], {
      input: JSON.stringify(load),
      env: agentEnv,
      lines: true,
      cancelSignal: signal,
    })
    // taskset becomes the agent.
    if (agent.pid !== undefined) onStart?.(agent.pid)
    const output = readAgent()
    for (const line of (await agent).stdout) output.line(line)
    return output.result()
  },
} satisfies Client

/** Peers have no warm-up of their own: they are measured from their start. */
export const peer = (tool: LoadTool): Client => ({
  name: tool.program.name,
  async missing() {
    const here = await loadToolAvailability(tool)
    return here.available ? null : { what: tool.program.name, reason: here.reason, remedy: here.remedy }
  },
  run: (load, { clientCore, signal }) =>
    runLoadTool(tool, { ...load, warmUpMs: 0 }, { signal, prefix: pinnedTo(clientCore) }),
})

const { wrk, fortio, ghz } = loadTools
export const peers = { wrk, fortio, ghz, h2load: h2loadWithoutLog, autocannon }
export type PeerName = keyof typeof peers

/** The engine, and those of its peers that are on this machine; of others, what is missing. */
export async function clientsHere(tools: readonly LoadTool[]): Promise<{ clients: Client[]; skipped: Skip[] }> {
  const clients: Client[] = [engine]
  const skipped: Skip[] = []
  for (const client of tools.map(peer)) {
    const missing = await client.missing()
    if (missing) skipped.push(missing)
    else clients.push(client)
  }
  return { clients, skipped }
}
