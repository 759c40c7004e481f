import { readFileSync } from 'node:fs'

/** A process by its number and its start time: a number alone is used again. */
export interface ProcessId {
  pid: number
  /** Clock ticks since the machine started: field 22 of `/proc/PID/stat`, as text. */
  startTime: string
}

/** What `/proc/PID/stat` says. */
export interface Process extends ProcessId {
  name: string
  parent: number
  isKernelThread: boolean
}

/** PF_KTHREAD of the kernel's include/linux/sched.h. */
const kernelThreadFlag = 0x0020_0000

/** The process of this number as it is now; null where there is none, or it has ended and nobody has waited for it yet. */
export function readProcess(pid: number): Process | null {
  const text = textOf(`/proc/${pid}/stat`)
  if (text === null) return null
  // The name in brackets may itself hold blanks and brackets.
  const end = text.lastIndexOf(')')
  const [state, parent, , , , , flags, ...rest] = text.slice(end + 2).split(' ')
  const startTime = rest[12]
  if (startTime === undefined || state === 'Z' || state === 'X') return null
  return {
    pid,
    startTime,
    name: text.slice(text.indexOf('(') + 1, end),
    parent: Number(parent),
    isKernelThread: (Number(flags) & kernelThreadFlag) !== 0,
  }
}

/** Whether this very process lives, and not another that got its number. */
export const lives = ({ pid, startTime }: ProcessId) => readProcess(pid)?.startTime === startTime

/** This process and those above it, up to the first. */
export function ownLine(): number[] {
  const line = [process.pid]
  for (let parent = process.ppid; parent > 0 && !line.includes(parent); parent = readProcess(parent)?.parent ?? 0)
    line.push(parent)
  return line
}

/** What a file of /proc or /sys says, null where it is not there or cannot be read. */
export function textOf(file: string): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return null
  }
}
