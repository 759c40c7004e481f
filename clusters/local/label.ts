import type { ClusterRef, Owner } from '../provider.ts'
import { ended, hasProc, processesWith, processStartTime, processStat, type TableEntry } from './process-table.ts'

/** Every process of a run carries this in its environment, and so does what that process starts. */
export const runVariable = 'MESHMARK_RUN'

/** Every process of a pod or a job carries this too, and so does what that process starts: `<namespace>/<name>`. */
export const podVariable = 'MESHMARK_POD'

const sweepLimitMs = 3000

export interface RunLabel {
  runId: string
  owner: Owner
}

/** A living process of a pod or a job. */
export interface PodProcess {
  pid: number
  startTime: string
  runId: string
  namespace: string
  pod: string
}

export type { Owner }

/** A process as the owner of a run. */
export function ownerOf(pid: number): Owner {
  return { pid, startTime: processStartTime(pid) }
}

/** The label as it stands in the environment: `<runId>:<ownerPid>:<ownerStartTime>`. */
export function runLabel(ref: Pick<ClusterRef, 'runId' | 'owner'>): string {
  return `${ref.runId}:${ref.owner.pid}:${ref.owner.startTime ?? ''}`
}

/** False once the owner has ended, or its number belongs to another process. */
export function isAlive(owner: Owner): boolean {
  const startTime = processStartTime(owner.pid)
  return startTime !== null && (owner.startTime === null || owner.startTime === startTime)
}

/**
 * Ends every process that carries the run's label, together with its process group, and looks again until none is
 * left (at most 3 s). Synchronous, so that a signal handler can call it. Never ends the calling process.
 */
export function killRun(runId: string): void {
  const deadline = Date.now() + sweepLimitMs
  // Twice, because a process that is just being started does not show its environment yet.
  for (let quiet = 0; quiet < 2 && Date.now() < deadline; ) {
    const found = processesWith(`${runVariable}=${runId}:`).filter((entry) => entry.pid !== process.pid)
    quiet = found.length === 0 ? quiet + 1 : 0
    endAll(found)
    pause(5)
  }
}

/** Runs that left processes behind: what carries a label whose owner is dead. */
export function orphans(): (RunLabel & { pids: number[] })[] {
  const runs = new Map<string, RunLabel & { pids: number[] }>()
  for (const entry of processesWith(`${runVariable}=`)) {
    const label = labelOf(entry)
    if (!label || entry.pid === process.pid || isAlive(label.owner)) continue
    const run = runs.get(label.runId) ?? { ...label, pids: [] }
    run.pids.push(entry.pid)
    runs.set(label.runId, run)
  }
  return [...runs.values()]
}

/** The processes of pods and jobs on this machine: of one run, or of all. */
export function podProcesses(runId?: string): PodProcess[] {
  return processesWith(`${runVariable}=${runId === undefined ? '' : `${runId}:`}`).flatMap((entry) => {
    const label = labelOf(entry)
    const [, namespace, pod] = /^([^/]+)\/(.+)$/.exec(valueIn(entry, podVariable) ?? '') ?? []
    const startTime = processStartTime(entry.pid)
    if (!label || !namespace || !pod || startTime === null) return []
    return [{ pid: entry.pid, startTime, runId: label.runId, namespace, pod }]
  })
}

function labelOf(entry: TableEntry): RunLabel | null {
  const [, runId, pid, startTime] = /^(.+):(\d+):(\d*)$/.exec(valueIn(entry, runVariable) ?? '') ?? []
  return runId ? { runId, owner: { pid: Number(pid), startTime: startTime || null } } : null
}

function valueIn({ environment }: TableEntry, variable: string): string | undefined {
  return environment
    .split('\0')
    .find((assignment) => assignment.startsWith(`${variable}=`))
    ?.slice(variable.length + 1)
}

function endAll(found: TableEntry[]): void {
  const labelled = new Set(found.map((entry) => entry.pid))
  const own = hasProc ? processStat(process.pid)?.group : undefined
  for (const { pid, group } of found) {
    // A group led by something that is not the run's own is not ours to end.
    if (group !== own && group !== process.pid && (labelled.has(group) || leaderless(group))) kill(-group)
    kill(pid)
  }
}

function leaderless(group: number): boolean {
  if (!hasProc) return processStartTime(group) === null
  const leader = processStat(group)
  return leader === null || ended(leader)
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // Gone already.
  }
}

function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}
