import { readIfThere } from './read-if-there.ts'

/** Where a container finds its own limit's account, of cgroup v2 and v1; what the key counts, in units of a millisecond. */
const accounts = [
  { file: '/sys/fs/cgroup/cpu.stat', key: /^throttled_usec (\d+)$/m, perMs: 1e3 },
  { file: '/sys/fs/cgroup/cpu/cpu.stat', key: /^throttled_time (\d+)$/m, perMs: 1e6 },
]

/** For how long the CPU limit of the container that this program runs in has held it up so far, in milliseconds; null where nothing tells. */
export function throttledMs(): number | null {
  for (const { file, key, perMs } of accounts) {
    const found = key.exec(readIfThere(file))
    if (found) return Number(found[1]) / perMs
  }
  return null
}
