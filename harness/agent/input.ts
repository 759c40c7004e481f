import { HarnessError } from '../errors.ts'
import type { TargetedPlan } from '../load/plan.ts'
import { withContents } from '../load/tls.ts'

/**
 * What an agent reads from stdin: its load as JSON, with the contents of the files of TLS, which may not be where it runs, and with
 * the URL's user and password among the headers.
 */
export function agentInput({ authorization, tls, ...plan }: TargetedPlan): string {
  const all = authorization === undefined ? plan : withAuthorization(plan, authorization)
  return JSON.stringify(tls ? { ...all, tls: withContents(tls) } : all)
}

function withAuthorization(plan: TargetedPlan, value: string): TargetedPlan {
  if (plan.grpc) return { ...plan, grpc: { ...plan.grpc, metadata: [['authorization', value], ...plan.grpc.metadata] } }
  return { ...plan, headers: [['Authorization', value], ...plan.headers] }
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
