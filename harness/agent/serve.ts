import { text } from 'node:stream/consumers'
import type { LoadResult } from '../../reports/load-result.ts'
import { HarnessError } from '../errors.ts'
import type { TargetedPlan } from '../load/plan.ts'
import { readAgentInput } from './input.ts'
import type { AgentMessage } from './messages.ts'

/**
 * What a load agent does as a program: reads a TargetedPlan (JSON) from stdin, has the load made, and writes AgentMessages (NDJSON)
 * to stdout. Exits 1 after a failure message. SIGINT, which a terminal sends to all of its processes, ends the load early, with what
 * was measured; `make` is given when.
 */
export async function serveLoad(
  make: (
    plan: TargetedPlan,
    write: (message: AgentMessage) => void,
    interrupted: Promise<'interrupt'>,
  ) => Promise<LoadResult>,
): Promise<void> {
  const write = (message: AgentMessage) => process.stdout.write(`${JSON.stringify(message)}\n`)
  // A reader that is gone will not come back: the load has no purpose any more.
  process.stdout.on('error', () => process.exit(1))
  process.on('SIGTERM', () => process.exit(143))
  const interrupted = new Promise<'interrupt'>((resolve) => process.on('SIGINT', () => resolve('interrupt')))
  try {
    const result = await make(readAgentInput(await text(process.stdin)), write, interrupted)
    write({ type: 'result', result })
  } catch (error) {
    process.exitCode = 1
    const code = error instanceof HarnessError ? error.code : 'LOAD_FAILED'
    write({ type: 'failure', code, message: error instanceof Error ? error.message : String(error) })
  }
}
