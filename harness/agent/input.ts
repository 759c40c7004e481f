import { HarnessError } from '../errors.ts'
import type { TargetedPlan } from '../load/plan.ts'
import { withContents } from '../load/tls.ts'

/** What an agent reads from stdin: its load as JSON, and with it the contents of the files of TLS, which may not be where it runs. */
export function agentInput(plan: TargetedPlan): string {
  return JSON.stringify(plan.tls ? { ...plan, tls: withContents(plan.tls) } : plan)
}

/**
 * Reads what `agentInput` wrote. The load was checked before an agent was started, which it is by nobody but us: here only what cannot
 * come from there is refused.
 *
 * @throws HarnessError CONFIG_INVALID when the text is no load.
 */
export function readAgentInput(text: string): TargetedPlan {
  const refusal = (cause?: unknown) =>
    new HarnessError(
      'CONFIG_INVALID',
      `the load agent reads a load as JSON from stdin, not ${JSON.stringify(text.slice(0, 80))}`,
      { cause },
    )
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (cause) {
    throw refusal(cause)
  }
  if (!isPlan(json)) throw refusal()
  return json
}

function isPlan(json: unknown): json is TargetedPlan {
  if (typeof json !== 'object' || json === null) return false
  const { url, protocol, durationMs } = json as Record<string, unknown>
  return typeof url === 'string' && typeof protocol === 'string' && typeof durationMs === 'number'
}
