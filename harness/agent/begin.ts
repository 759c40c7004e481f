import { setInterval as every, setTimeout as sleep } from 'node:timers/promises'
import { beginVariable } from '../../clusters/job.ts'
import { HarnessError } from '../errors.ts'
import type { LoadReady } from './messages.ts'
import { readIfThere } from './read-if-there.ts'

const pauseMs = 20
/** Pods of one load may come up minutes apart, while an image is pulled. */
const limitMs = 240_000

/** Milliseconds since 1970, to the microsecond: what clocks of several machines have in common. */
export const unixNow = () => performance.timeOrigin + performance.now()

/**
 * An agent's side of a common beginning: reports that it is ready, waits for the moment to begin at, and returns how many
 * milliseconds off it is: a negative number where it has passed, which may be as long ago as half the warm-up takes, as the other half
 * catches up. Throws HarnessError LOAD_FAILED when the moment comes later, or not at all.
 */
export async function agreeOnBegin(report: (ready: LoadReady) => void, warmUpMs: number): Promise<number> {
  report({ type: 'ready', unixMs: unixNow() })
  return msUntil(Number(await readBegin()), warmUpMs / 2)
}

/** How often the file is looked at while the load runs: each time wakes a thread of the agent, on a core that the load may need. */
const endPauseMs = 500

/**
 * Ends when the job is told to end: its file has a second line. It looks until `signal` is aborted, and does not end then. A
 * promise of what is in it would wake four more threads.
 */
export async function readEnd(signal: AbortSignal): Promise<void> {
  const file = process.env[beginVariable] ?? ''
  for await (const _ of every(endPauseMs, undefined, { signal, ref: false })) {
    if (readIfThere(file).split('\n').length > 2) return
  }
}

/** Waits for the line that a copy of a job begins at. Throws HarnessError LOAD_FAILED when it does not come. */
export async function readBegin(): Promise<string> {
  const file = process.env[beginVariable] ?? ''
  const deadline = performance.now() + limitMs
  while (performance.now() < deadline) {
    const text = readIfThere(file)
    if (text.includes('\n')) return text.slice(0, text.indexOf('\n'))
    await sleep(pauseMs)
  }
  throw new HarnessError(
    'LOAD_FAILED',
    `the agent was ready, and no moment to begin at reached it within ${limitMs / 1000} s`,
  )
}

function msUntil(unixMs: number, mostLateMs: number): number {
  const waitMs = unixMs - unixNow()
  if (waitMs > -mostLateMs) return waitMs
  throw new HarnessError(
    'LOAD_FAILED',
    `the moment to begin at reached the agent ${Math.ceil(-waitMs)} ms too late: the cluster is too busy, or its nodes' clocks differ`,
  )
}
