import { readdirSync, readFileSync } from 'node:fs'

/** What the kernel has counted of all programs that a process holds. */
export interface KernelCounters {
  /** Times that a program was skipped, as another one was at work on that CPU; null before Linux 5.12, which does not count them. */
  missedEvents: number | null
  runTimeNs: number
  /** 0 for both unless the kernel keeps run times. */
  runs: number
  /** CPU time of the process itself, in steps of 10 ms. */
  processMs: number
}

/** Reads `/proc/PID/fdinfo`; null where the process is gone. A program held twice counts once. */
export function kernelCounters(pid: number): KernelCounters | null {
  const folder = `/proc/${pid}/fdinfo`
  const programs = new Map<number, string>()
  try {
    for (const descriptor of readdirSync(folder)) {
      const text = readOrEmpty(`${folder}/${descriptor}`)
      const id = field(text, 'prog_id')
      if (id !== null && field(text, 'prog_type') !== null) programs.set(id, text)
    }
  } catch {
    return null
  }
  const sum = (name: string) => [...programs.values()].reduce((total, text) => total + (field(text, name) ?? 0), 0)
  const counts = [...programs.values()].every((text) => field(text, 'recursion_misses') !== null)
  return {
    missedEvents: counts ? sum('recursion_misses') : null,
    runTimeNs: sum('run_time_ns'),
    runs: sum('run_cnt'),
    processMs: processMs(pid),
  }
}

/** User and system time in `/proc/PID/stat`, in ticks of 10 ms (USER_HZ); 0 where the process is gone. */
function processMs(pid: number): number {
  const fields = readOrEmpty(`/proc/${pid}/stat`).split(') ').at(-1)?.split(' ') ?? []
  return 10 * (Number(fields[11] ?? 0) + Number(fields[12] ?? 0))
}

function field(text: string, name: string): number | null {
  const [, value] = new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text) ?? []
  return value === undefined ? null : Number(value)
}

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
