import { text } from 'node:stream/consumers'
import type { LoadResult } from '../../reports/load-result.ts'
import { parseConfig } from '../config.ts'
import { HarnessError } from '../errors.ts'
import { type LoadSpec, loadSpecSchema } from '../load/plan.ts'
import { toolRules } from '../tools/rules.ts'
import type { AgentMessage } from './messages.ts'

/**
 * What a load agent does as a program: reads a LoadSpec (JSON) from stdin, has the load made, and writes AgentMessages (NDJSON)
 * to stdout. Exits 1 after a failure message.
 */
export async function serveLoad(
  make: (spec: LoadSpec, write: (message: AgentMessage) => void) => Promise<LoadResult>,
): Promise<void> {
  const write = (message: AgentMessage) => process.stdout.write(`${JSON.stringify(message)}\n`)
  // A reader that is gone will not come back: the load has no purpose any more.
  process.stdout.on('error', () => process.exit(1))
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)
    process.on(signal, () => process.exit(code))
  try {
    const result = await make(readSpec(await text(process.stdin)), write)
    write({ type: 'result', result })
  } catch (error) {
    process.exitCode = 1
    const code = error instanceof HarnessError ? error.code : 'LOAD_FAILED'
    write({ type: 'failure', code, message: error instanceof Error ? error.message : String(error) })
  }
}

function readSpec(input: string): LoadSpec {
  let json: unknown
  try {
    json = JSON.parse(input)
  } catch (cause) {
    throw new HarnessError(
      'CONFIG_INVALID',
      `the load agent reads a load as JSON from stdin, not ${JSON.stringify(input.slice(0, 80))}`,
      { cause },
    )
  }
  return parseConfig(
    loadSpecSchema.superRefine((load, context) => toolRules(load, context)),
    json,
    'load',
  )
}
