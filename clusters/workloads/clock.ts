import { readFileSync, readlinkSync } from 'node:fs'

const attempts = 50

/**
 * Add to this thread's `performance.now()`, in nanoseconds, to get the system's monotonic clock, which all programs of a machine
 * share. Both are the same clock, counted from different moments, so that the difference is constant.
 */
export const monotonicOffsetNs = Math.max(
  // A pause between the two readings makes the difference too small.
  ...Array.from({ length: attempts }, () => Number(process.hrtime.bigint()) - performance.now() * 1e6),
)

/** Nanoseconds of the system's monotonic clock. */
export const monotonicNs = () => performance.now() * 1e6 + monotonicOffsetNs

/** Names the monotonic clock: the machine's boot, and the namespace that may shift it. Returns null where neither is known (macOS). */
export function clockName(): string | null {
  try {
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()} ${readlinkSync('/proc/self/ns/time')}`
  } catch {
    return null
  }
}
