import { setTimeout as sleep } from 'node:timers/promises'
import type { Placement } from '../provider.ts'
import type { RunNamespace } from './run-namespace.ts'
import { stateOf } from './state.ts'

const lookEveryMs = 1000
/** What ends on the node may still make room; no other node can be added for a pod that names its own. */
const unplacedLimitMs = 20_000

/**
 * Waits until a pod that is to stand on a node by name has found no room there for 20 s, and returns the scheduler's words. Never
 * settles when that does not happen until `signal` is aborted.
 */
export async function untilUnplaced(
  within: RunNamespace,
  placement: Placement | undefined,
  name: string,
  signal: AbortSignal,
): Promise<string> {
  const never = () => new Promise<never>(() => {})
  if (placement?.nodeLabels?.['kubernetes.io/hostname'] === undefined) return never()
  let since: number | null = null
  for (;;) {
    await sleep(lookEveryMs, undefined, { signal }).catch(never)
    const words = within.podsOf(name).map((pod) => stateOf(pod).unplaced)
    const found = words.find((one) => one !== null)
    since = found === undefined ? null : (since ?? performance.now())
    if (found !== undefined && since !== null && performance.now() - since > unplacedLimitMs) return found
  }
}
