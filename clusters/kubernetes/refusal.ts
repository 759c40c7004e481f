import { setTimeout as sleep } from 'node:timers/promises'
import type { RunNamespace } from './run-namespace.ts'

const lookEveryMs = 1000
/** A namespace that has just been made lacks its service account for a moment, and a webhook may be starting. */
const refusedLimitMs = 5000

/**
 * Waits until fewer pods than `wanted` of a deployment or job are there for 5 s after one was refused (by a quota, a limit, a policy), and
 * returns the server's words. Never settles when that does not happen until `signal` is aborted.
 */
export async function untilRefused(
  within: Pick<RunNamespace, 'client' | 'namespace' | 'podsOf'>,
  name: string,
  wanted: number,
  signal: AbortSignal,
): Promise<string> {
  const never = () => new Promise<never>(() => {})
  let since: number | null = null
  for (;;) {
    await sleep(lookEveryMs, undefined, { signal }).catch(never)
    const words = within.podsOf(name).length < wanted ? await refusalOf(within, name) : null
    since = words === null ? null : (since ?? performance.now())
    if (words !== null && since !== null && performance.now() - since > refusedLimitMs) return words
  }
}

/** Pods are made by the job itself, and by a set of replicas that a deployment makes. */
async function refusalOf(
  { client, namespace }: Pick<RunNamespace, 'client' | 'namespace'>,
  name: string,
): Promise<string | null> {
  const { items } = await client.core
    .listNamespacedEvent({ namespace, fieldSelector: 'reason=FailedCreate' })
    .catch(() => ({ items: [] }))
  const own = items.filter(({ involvedObject: { name: about = '' } }) => {
    return about === name || (about.startsWith(`${name}-`) && !about.slice(name.length + 1).includes('-'))
  })
  return own.at(-1)?.message ?? null
}
