import { ownLine, type ProcessId, readProcess } from '../process.ts'

/** Why a process is not touched; `gone`: it has ended. */
export interface Refusal {
  reason: string
  gone: boolean
}

/** Says of a process why it is not touched; null: it may be. Reads our own line of processes once. */
export function refusals(): (id: ProcessId) => Refusal | null {
  const above = new Set(ownLine())
  const never = (reason: string): Refusal => ({ reason, gone: false })
  return ({ pid, startTime }) => {
    const found = readProcess(pid)
    if (found === null) return { reason: `process ${pid} has ended`, gone: true }
    const named = `process ${pid} (${found.name})`
    if (pid === 1) return never(`${named} is the first of the machine, and is never touched`)
    if (found.isKernelThread) return never(`${named} is a thread of the kernel, and is never touched`)
    if (pid === process.pid) return never(`${named} is meshmark itself, and is never touched`)
    if (above.has(pid)) return never(`${named} is a parent of meshmark, and is never touched`)
    if (found.startTime === startTime) return null
    return { reason: `${named} is another one, which got the number of a process that has ended`, gone: true }
  }
}
