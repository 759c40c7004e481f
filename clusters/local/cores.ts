import { readFileSync } from 'node:fs'
import { execa } from 'execa'
import { allowedCpus, type CpuSplit, readCpuList, splitCpus } from '../cores.ts'
import { onPath } from '../program.ts'

/** Servers and both proxies of an arm run on this machine; the load is one program beside them. */
const loadShare = 0.25

/** CPUs for the load and for all else, of those that this process may use; or why they cannot be told apart. */
export async function splitOwnCpus(): Promise<CpuSplit | string> {
  if (process.platform !== 'linux') return 'programs are not kept to cores here'
  const cpus = allowedCpus(readFileSync('/proc/self/status', 'utf8'))
  const split = splitCpus(cpus, loadShare, siblingsOf(cpus))
  if (!split) return 'there is one'
  if ((await onPath('taskset', process.env.PATH ?? '')) === null) return 'there is no taskset on the PATH'
  // Busybox has one that may not know lists, and a sandbox may refuse the call.
  const tried = await execa('taskset', ['-c', split.load, 'true'], { reject: false, timeout: 5000 })
  return tried.failed ? `taskset does not work here: ${tried.stderr?.trim() || tried.shortMessage}` : split
}

/** The hardware threads of each CPU's core. */
function siblingsOf(cpus: readonly number[]): number[][] {
  return cpus.flatMap((cpu) => {
    try {
      return [readCpuList(readFileSync(`/sys/devices/system/cpu/cpu${cpu}/topology/thread_siblings_list`, 'utf8'))]
    } catch {
      // Not every virtual machine shows it.
      return []
    }
  })
}
