import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { beginVariable } from '../../clusters/job.ts'
import { HarnessError } from '../errors.ts'
import type { LoadReady } from './messages.ts'

const pauseMs = 20
/** Pods of one load may come up minutes apart, while an image is pulled. */
const limitMs = 240_000

/** As others' clocks tell it, to the microsecond. */
export const unixNow = () => performance.timeOrigin + performance.now()

/**
 * An agent's side of a common beginning: says that it is ready, waits to be told the moment, and answers how many
 * milliseconds off it is. Throws HarnessError LOAD_FAILED when it is told too late, or not at all.
 */
export async function agreeOnBegin(say: (ready: LoadReady) => void): Promise<number> {
  say({ type: 'ready', unixMs: unixNow() })
  return untilBegin(Number(await toldToBegin()))
}

/** Waits for the line that a copy of a job begins at. Throws HarnessError LOAD_FAILED when it does not come. */
export async function toldToBegin(): Promise<string> {
  const file = process.env[beginVariable] ?? ''
  const deadline = performance.now() + limitMs
  while (performance.now() < deadline) {
    const text = await readFile(file, 'utf8').catch(() => '')
    if (text.endsWith('\n')) return text
    await sleep(pauseMs)
  }
  throw new HarnessError('LOAD_FAILED', `the agent was ready and not told when to begin within ${limitMs / 1000} s`)
}

function untilBegin(unixMs: number): number {
  const waitMs = unixMs - unixNow()
  if (waitMs > 0) return waitMs
  throw new HarnessError(
    'LOAD_FAILED',
    `the agent was told ${Math.ceil(-waitMs)} ms too late when to begin: the cluster is too busy, or its nodes' clocks differ`,
  )
}
