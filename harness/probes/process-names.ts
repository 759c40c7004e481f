import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { processIds, statOf } from '../../ebpf/attribution/process.ts'

/** The commands of this machine's processes: of those that live, and of those that have ended since. */
export class ProcessNames {
  /** The last process of each number. */
  readonly #seen = new Map<number, { startTime: string; command: string; name: string }>()

  constructor() {
    this.refresh()
  }

  /** Looks at all processes once. One that lives only between two looks stays unknown. */
  refresh(): void {
    for (const pid of processIds()) {
      const stat = statOf(pid)
      if (!stat) continue
      const { startTime, command } = stat
      const last = this.#seen.get(pid)
      if (last?.startTime === startTime && last.command === command) continue
      // A number that is used again has the events of both.
      const name =
        last && last.startTime !== startTime ? `${last.name}, then ${programOf(pid, command)}` : programOf(pid, command)
      this.#seen.set(pid, { startTime, command, name })
    }
  }

  /** Null where no process of this number was seen. */
  nameOf(pid: number): string | null {
    return this.#seen.get(pid)?.name ?? null
  }
}

/** The command, but for Node's programs, which all call themselves MainThread: those by the name that they were started by. */
function programOf(pid: number, command: string): string {
  if (command !== 'MainThread') return command
  try {
    return basename(readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0', 1)[0] ?? '') || command
  } catch {
    return command
  }
}
