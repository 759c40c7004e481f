import { readlinkSync, writeFileSync } from 'node:fs'

/**
 * Has the present thread woken when its timers are due: Linux may take up to 50 µs longer, to wake for several at once. Where that
 * cannot be set, it stays so.
 */
export function wakeExactly(): void {
  try {
    const thread = readlinkSync('/proc/thread-self').split('/').at(-1)
    writeFileSync(`/proc/${thread}/timerslack_ns`, '1')
  } catch {
    // No Linux, or /proc is not to be written.
  }
}
