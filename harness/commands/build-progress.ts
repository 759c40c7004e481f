import type { StepProgress } from '../../clusters/images/build/steps.ts'
import { exitCodes } from '../exit-codes.ts'
import { redrawing } from '../live.ts'

/** What a build is given to be seen and stopped. */
export interface BuildControl {
  signal: AbortSignal
  report: (progress: StepProgress) => void
}

/** Carries out a build and shows its steps. Returns its result; null when it was interrupted, which is printed. */
export async function runBuild<T>(build: (control: BuildControl) => Promise<T>): Promise<T | null> {
  const abort = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => abort.abort())
  const progress = progressLines()
  try {
    return await build({ signal: abort.signal, report: progress.report })
  } catch (error) {
    if (!abort.signal.aborted) throw error
    process.stderr.write('\ninterrupted: the same command goes on from here\n')
    process.exitCode = exitCodes.interrupted
    return null
  } finally {
    progress.end()
  }
}

const printEveryMs = 30_000

/** One line that changes on a terminal; elsewhere a line when a step starts and ends, and now and then between. */
function progressLines(): { report: (progress: StepProgress) => void; end: () => void } {
  const live = redrawing(process.stderr)
  let printedAtMs = -printEveryMs
  const report = (progress: StepProgress) => {
    const line = stepLine(progress)
    const ended = progress.state !== 'running'
    if (live) {
      live(line)
      if (ended) live.done()
    } else if (ended || progress.elapsedMs - printedAtMs >= printEveryMs) {
      process.stderr.write(`${line}\n`)
      printedAtMs = progress.elapsedMs
    }
    if (ended) printedAtMs = -printEveryMs
  }
  return { report, end: () => live?.done() }
}

function stepLine({ step, of, name, state, elapsedMs }: StepProgress): string {
  const place = `step ${String(step).padStart(String(of).length)} of ${of}`
  const ending = { running: '…', done: 'done', 'already done': 'already done' }[state]
  const seconds = state === 'already done' ? '' : `  ${Math.round(elapsedMs / 1000)} s`
  return `${place}  ${name.padEnd(40)} ${ending}${seconds}`
}
