import { setTimeout as sleep } from 'node:timers/promises'
import type { ProbeName } from '../../ebpf/probes/index.ts'
import { span } from '../../reports/numbers.ts'
import { exitCodes } from '../exit-codes.ts'
import { redrawing } from '../live.ts'
import { type AttachedProbe, attachProbe } from '../probes/attach.ts'
import { targetText } from '../probes/target-text.ts'
import type { Target } from '../probes/targets.ts'
import { onInterrupt } from './interrupt.ts'
import type { Room, Row } from './probe-table.ts'
import { readingText } from './probe-text.ts'

const drawEveryMs = 1000
/** A process that ends is noticed before its number is another's. */
const lookEveryMs = 200

/** Runs a probe for a time, live on a terminal, and prints what it saw. Sets the exit code. */
export async function showProbe(
  probe: ProbeName,
  target: Target<Row>,
  { durationMs, json }: { durationMs: number; json: boolean },
): Promise<void> {
  const interrupt = new AbortController()
  let attached: AttachedProbe<Row> | undefined
  onInterrupt(
    () => interrupt.abort(),
    // A bpftrace that has not begun would outlive us.
    () => attached && process.exit(exitCodes.interrupted),
  )
  const live = json ? undefined : redrawing(process.stdout)
  const starting = `probe ${probe} of ${targetText(target.name)}, for ${span(durationMs)}`
  if (live) live(starting)
  else if (!json) process.stderr.write(`${starting}\n`)
  try {
    attached = await attachProbe(probe, target)
    await using _ = attached
    const draw = async ({ read }: AttachedProbe<Row>) => {
      const reading = await read()
      live?.(readingText(reading, `${wholeSeconds(reading.seconds)} of ${span(durationMs)}`, roomOf(process.stdout)))
    }
    await untilOver(attached, target, { durationMs, signal: interrupt.signal, ...(live ? { draw } : {}) })
    const reading = await attached.detach()
    live?.clear()
    const { seconds, validity } = reading
    process.stdout.write(
      json
        ? `${JSON.stringify(reading)}\n`
        : `${readingText(reading, span(1000 * seconds) + endText(interrupt.signal, target), roomOf(process.stdout))}\n`,
    )
    process.exitCode = validity.valid ? exitCodes.pass : exitCodes.invalid
    if (interrupt.signal.aborted) process.exitCode = exitCodes.interrupted
  } finally {
    live?.clear()
    live?.done()
  }
}

interface Until {
  durationMs: number
  signal: AbortSignal
  draw?: (attached: AttachedProbe<Row>) => Promise<void>
}

async function untilOver(
  attached: AttachedProbe<Row>,
  target: Target<Row>,
  { durationMs, signal, draw }: Until,
): Promise<void> {
  const untilMs = performance.now() + durationMs
  let nextMs = performance.now() + drawEveryMs
  while (!signal.aborted && !target.ended()) {
    const nowMs = performance.now()
    if (nowMs >= untilMs) return
    if (draw && nowMs >= nextMs) {
      nextMs += drawEveryMs
      await draw(attached)
    }
    const pauseMs = Math.max(0, Math.min(lookEveryMs, untilMs - performance.now()))
    await sleep(pauseMs, undefined, { signal }).catch(() => {})
  }
}

const wholeSeconds = (seconds: number) => span(1000 * Math.max(1, Math.round(seconds)))

function endText({ aborted }: AbortSignal, target: Target<Row>): string {
  if (aborted) return ', interrupted'
  return target.ended() ? ', then the process ended' : ''
}

const endless = { columns: Number.POSITIVE_INFINITY, rows: Number.POSITIVE_INFINITY }

/** One line of a terminal is left for the cursor. */
const roomOf = ({ isTTY, columns, rows }: NodeJS.WriteStream): Room =>
  isTTY ? { columns: columns || 80, rows: (rows || 24) - 1 } : endless
