import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { type ProcessId, readProcess, textOf } from './process.ts'
import type { PodSource } from './strategies/live.ts'
import type { Pod } from './strategies/resolve.ts'

/** A folder for one test, removed when the test has finished. */
export function testFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'meshmark-scheduler-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A process of the test's own, ended when the test has finished. */
export function testChild(command: string, ...args: string[]): ProcessId {
  const child = spawn(command, args, { stdio: 'ignore' })
  onTestFinished(() => void child.kill('SIGKILL'))
  const found = readProcess(child.pid ?? 0)
  if (found === null) throw new Error(`${command} did not start`)
  return { pid: found.pid, startTime: found.startTime }
}

/** A process that sleeps. */
export const sleeper = () => testChild('sleep', '300')

/** How a thread is scheduled, as the kernel shows it elsewhere: fields 19 and 41 of its stat, and `se.slice` of its sched. */
export function schedulingOf(pid: number, thread = pid) {
  const stat = textOf(`/proc/${pid}/task/${thread}/stat`) ?? ''
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [, slice] = /^se\.slice\s*:\s*(\d+)$/m.exec(textOf(`/proc/${pid}/task/${thread}/sched`) ?? '') ?? []
  return { nice: Number(fields[16]), policy: Number(fields[38]), sliceNs: Number(slice) }
}

export const threadsOf = (pid: number) => readdirSync(`/proc/${pid}/task`).map(Number)

/** Why strategies cannot be applied here; null: they can. */
export function applierMissing(): string | null {
  if (process.platform !== 'linux') return 'strategies are applied on Linux'
  if (process.getuid?.() !== 0) return 'it takes root to lower a nice value'
  if (spawnSync('python3', ['--version']).status !== 0) return 'it takes Python 3: install python3'
  return null
}

/** A pod source whose pods a test changes. */
export class TestPods implements PodSource {
  readonly #listeners = new Set<() => void>()
  #pods: readonly Pod[]
  constructor(pods: readonly Pod[] = []) {
    this.#pods = pods
  }
  pods() {
    return this.#pods
  }
  change(pods: readonly Pod[]) {
    this.#pods = pods
    for (const listener of this.#listeners) listener()
  }
  onChange(listener: () => void) {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }
}

/** A pod with these labels, as text `app=web,tier=front`, and processes. */
export function testPod(name: string, labels: string, ...processes: (ProcessId & { command?: string })[]): Pod {
  const pairs = labels === '' ? [] : labels.split(',').map((pair) => pair.split('=') as [string, string])
  const uid = `uid-${name}`
  return {
    ...{ namespace: 'default', name, uid, labels: Object.fromEntries(pairs) },
    processes: processes.map((one) => ({ command: 'sleep', ...one })),
  }
}
