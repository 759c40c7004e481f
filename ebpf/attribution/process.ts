import { closeSync, openSync, readdirSync, readlinkSync, readSync } from 'node:fs'
import { type CgroupPlace, placesIn } from './cgroup.ts'

/** A process at the moment it was read. Its number is used again after it, so the start time is part of what it is. */
export interface ProcessStat {
  pid: number
  /** In clock ticks since the machine started. */
  startTime: string
  parentPid: number
  /** The name that the kernel has, of at most 15 bytes. */
  command: string
  /** A thread of the kernel's own, which is in no container. */
  kernel: boolean
}

const kernelThread = 0x200000

/** The numbers of all processes of this machine. */
export function processIds(): number[] {
  return readdirSync('/proc').map(Number).filter(Number.isInteger)
}

/** Null when it has ended. */
export function statOf(pid: number): ProcessStat | null {
  const text = read(`/proc/${pid}/stat`)
  return text === null ? null : parseStat(text)
}

/** Reads the text of `/proc/PID/stat`; null for a process that has ended and waits for its parent to notice. */
export function parseStat(text: string): ProcessStat | null {
  // The command may itself hold blanks and parentheses.
  const [open, close] = [text.indexOf('('), text.lastIndexOf(')')]
  const fields = text.slice(close + 2).split(' ')
  const [state, parent, , , , , flags] = fields
  if (state === undefined || state === 'Z' || state === 'X') return null
  return {
    pid: Number(text.slice(0, open)),
    command: text.slice(open + 1, close),
    parentPid: Number(parent),
    startTime: fields[19] ?? '',
    kernel: (Number(flags) & kernelThread) !== 0,
  }
}

/** The places that a process is in by its control group, the innermost first; none when it has ended. */
export function placesOf(pid: number): CgroupPlace[] {
  return placesIn(read(`/proc/${pid}/cgroup`) ?? '')
}

/** The inode of a process's network namespace; null when it has ended or may not be looked at. */
export function netnsOf(pid: number): number | null {
  try {
    const [, inode] = /^net:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/ns/net`)) ?? []
    return inode === undefined ? null : Number(inode)
  } catch {
    return null
  }
}

// The paths of all of version 1's hierarchies fit many times.
const buffer = Buffer.allocUnsafe(64 * 1024)

/** A file of /proc in one read: half the system calls of `readFileSync`, and this is done for every process again and again. */
function read(file: string): string | null {
  let fd: number | undefined
  try {
    fd = openSync(file, 'r')
    return buffer.toString('utf8', 0, readSync(fd, buffer, 0, buffer.length, 0))
  } catch {
    return null
  } finally {
    if (fd !== undefined) closeSync(fd)
  }
}
