import { ClusterError } from '../../errors.ts'

/** One stage of a build. What `run` leaves behind is whole or not there, so that `done` is right after an interruption. */
export interface Step {
  name: string
  done(): Promise<boolean>
  run(): Promise<void>
}

export interface StepProgress {
  step: number
  of: number
  name: string
  state: 'running' | 'done' | 'already done'
  elapsedMs: number
}

const reportEveryMs = 1000

/**
 * Carries out the steps in their order, each unless it is done. `report` hears of each step's start and end, and once
 * a second in between.
 *
 * @throws ClusterError CLUSTER_IMAGE_FAILED naming the step, or the signal's reason.
 */
export async function carryOut(
  steps: readonly Step[],
  { signal, report }: { signal: AbortSignal; report: (progress: StepProgress) => void },
): Promise<void> {
  for (const [index, step] of steps.entries()) {
    signal.throwIfAborted()
    const startedAt = performance.now()
    const elapsedMs = () => performance.now() - startedAt
    const reportState = (state: StepProgress['state']) =>
      report({ step: index + 1, of: steps.length, name: step.name, state, elapsedMs: elapsedMs() })
    let timer: NodeJS.Timeout | undefined
    try {
      if (await step.done()) {
        reportState('already done')
        continue
      }
      reportState('running')
      timer = setInterval(() => reportState('running'), reportEveryMs)
      await step.run()
      reportState('done')
    } catch (cause) {
      signal.throwIfAborted()
      throw failed(step, `step ${index + 1} of ${steps.length}`, elapsedMs(), cause)
    } finally {
      clearInterval(timer)
    }
  }
}

function failed({ name }: Step, which: string, elapsedMs: number, cause: unknown): ClusterError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new ClusterError(
    'CLUSTER_IMAGE_FAILED',
    `${which} (${name}) failed after ${Math.round(elapsedMs / 1000)} s: ${reason}\nThe steps before it are kept; the same command goes on from here.`,
    { cause },
  )
}
