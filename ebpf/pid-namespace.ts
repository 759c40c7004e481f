import { readlinkSync } from 'node:fs'

/** PROC_PID_INIT_INO of Linux, the inode of the first pid namespace. */
const first = 'pid:[4026531836]'

/** Whether processes have the same numbers here as in the kernel, and not those of a container; null where that cannot be told. */
export function hasKernelNumbers(own = '/proc/self/ns/pid'): boolean | null {
  try {
    return readlinkSync(own) === first
  } catch {
    return null
  }
}
