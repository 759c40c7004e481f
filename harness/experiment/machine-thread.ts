import { parentPort, workerData } from 'node:worker_threads'
import type { MachineUnit } from '../../reports/record.ts'
import { unixNow } from '../agent/begin.ts'
import type { MachineTask } from './machine.ts'
import { readMachine, sharesBetween } from './machine-readings.ts'

/** Each nap costs a virtual machine 45 µs and each reading 2 ms: with this, about half a percent of a core in all. */
const napMs = 15

const { beginMs, unitMs, roots, stop } = workerData as MachineTask

/** Sleeps until the moment, a nap at a time; returns the longest lateness in µs, or null when it was told to stop. */
function sleepUntil(momentMs: number): number | null {
  let latestMs = 0
  for (let now = unixNow(); now < momentMs; ) {
    const ms = Math.min(napMs, momentMs - now)
    if (Atomics.wait(stop, 0, 0, ms) !== 'timed-out') return null
    const woken = unixNow()
    latestMs = Math.max(latestMs, woken - now - ms)
    now = woken
  }
  return latestMs * 1000
}

function watch(): void {
  if (sleepUntil(beginMs) === null) return
  let before = readMachine(roots, unixNow())
  for (let index = 0; ; ) {
    const latenessUs = sleepUntil(beginMs + (index + 1) * unitMs)
    if (latenessUs === null) return
    const after = readMachine(roots, unixNow())
    const read = { ...sharesBetween(before, after), latenessUs }
    before = after
    // A machine that stood still for longer than a unit has one reading for all of them.
    for (const ended = Math.floor((after.atMs - beginMs) / unitMs); index < ended; index++)
      parentPort?.postMessage({ index, ...read } satisfies MachineUnit)
  }
}

watch()
