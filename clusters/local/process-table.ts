import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

/** What we need of `/proc/PID/stat`. Times are in clock ticks. */
export interface ProcessStat {
  pid: number
  state: string
  parent: number
  group: number
  /** User and system time of the process and of its ended children. */
  cpuTicks: number
  startTime: string
}

/** A process and its environment (on macOS: its command line with the environment behind it). */
export interface TableEntry {
  pid: number
  group: number
  environment: string
}

export const hasProc = process.platform === 'linux'

/** Reads `/proc/PID/stat`; null when the process is gone. */
export function processStat(pid: number): ProcessStat | null {
  const text = readOrNull(`/proc/${pid}/stat`)
  if (text === null) return null
  // The command name in brackets may itself hold blanks and brackets.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const ticks = (index: number) => Number(fields[index])
  return {
    pid,
    state: fields[0] ?? '',
    parent: ticks(1),
    group: ticks(2),
    cpuTicks: ticks(11) + ticks(12) + ticks(13) + ticks(14),
    startTime: fields[19] ?? '',
  }
}

/** The numbers of all processes; Linux only. */
export function processIds(): number[] {
  return readdirSync('/proc').map(Number).filter(Number.isInteger)
}

/** When the process started, as an opaque text; null when it has ended, also when nobody has waited for it yet. */
export function processStartTime(pid: number): string | null {
  if (hasProc) {
    const stat = processStat(pid)
    return stat && !ended(stat) ? stat.startTime : null
  }
  const line = ps(['-o', 'stat=', '-o', 'lstart=', '-p', String(pid)]).trim()
  const [state = '', ...start] = line.split(/\s+/)
  if (line === '' || state.startsWith('Z')) return null
  return String(Date.parse(start.join(' ')) / 1000)
}

/** All living processes whose environment holds `text` and can be read by us. */
export function processesWith(text: string): TableEntry[] {
  return hasProc ? fromProc(text) : fromPs(text)
}

export function ended(stat: ProcessStat): boolean {
  return stat.state === 'Z' || stat.state === 'X'
}

function fromProc(text: string): TableEntry[] {
  return processIds().flatMap((pid) => {
    // Empty for what has ended, refused for other users' processes.
    const environment = readOrNull(`/proc/${pid}/environ`)
    if (!environment?.includes(text)) return []
    const stat = processStat(pid)
    return stat && !ended(stat) ? [{ pid, group: stat.group, environment }] : []
  })
}

function fromPs(text: string): TableEntry[] {
  return ps(['-axww', '-E', '-o', 'pid=', '-o', 'pgid=', '-o', 'command='])
    .split('\n')
    .filter((line) => line.includes(text))
    .map((line) => {
      const [, pid, group, environment] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? []
      return { pid: Number(pid), group: Number(group), environment: environment?.replaceAll(' ', '\0') ?? '' }
    })
}

function ps(args: string[]): string {
  try {
    return execFileSync('ps', args, {
      encoding: 'utf8',
      env: { PATH: process.env.PATH, LC_ALL: 'C' },
      maxBuffer: 64 * 1024 * 1024,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
  } catch {
    // ps exits non-zero when it finds no process.
    return ''
  }
}

function readOrNull(file: string): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return null
  }
}
