/**
 * The load agent: reads a LoadSpec (JSON) from stdin, applies the load, and writes AgentMessages (NDJSON) to stdout.
 * Exits 1 after a failure message. One file for the main thread and the threads that make the load, so that it bundles to one.
 */
import { text } from 'node:stream/consumers'
import { isMainThread } from 'node:worker_threads'
import { parseConfig } from '../config.ts'
import { HarnessError } from '../errors.ts'
import { agreeOnBegin } from './begin.ts'
import { conduct, serveShare } from './crew.ts'
import type { AgentMessage } from './messages.ts'
import { loadSpecSchema } from './spec.ts'

const write = (message: AgentMessage) => process.stdout.write(`${JSON.stringify(message)}\n`)

async function main(): Promise<void> {
  const input = await text(process.stdin)
  const json = ((): unknown => {
    try {
      return JSON.parse(input)
    } catch (cause) {
      throw new HarnessError(
        'CONFIG_INVALID',
        `the load agent reads a load as JSON from stdin, not ${JSON.stringify(input.slice(0, 80))}`,
        { cause },
      )
    }
  })()
  const spec = parseConfig(loadSpecSchema, json, 'load')
  const result = await conduct(spec, new URL(import.meta.url), write, spec.share && (() => agreeOnBegin(write)))
  write({ type: 'result', result })
}

if (isMainThread) {
  // A reader that is gone will not come back: the load has no purpose any more.
  process.stdout.on('error', () => process.exit(1))
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)
    process.on(signal, () => process.exit(code))
  try {
    await main()
  } catch (error) {
    process.exitCode = 1
    const code = error instanceof HarnessError ? error.code : 'LOAD_FAILED'
    write({ type: 'failure', code, message: error instanceof Error ? error.message : String(error) })
  }
} else await serveShare()
