import type { Attachment, AvailabilityOptions } from '../../ebpf/probe.ts'
import { type ProbeName, probes } from '../../ebpf/probes/index.ts'
import type { Probes } from '../../reports/kernel.ts'

/** Which of these probes cannot run on this machine: why, and what to do about it. */
export async function unavailableHere(
  names: readonly ProbeName[],
  options: AvailabilityOptions = {},
): Promise<Probes['unavailable']> {
  const found = await Promise.all(names.map(async (name) => [name, await probes[name].available(options)] as const))
  return found.flatMap(([probe, here]) => (here.available ? [] : [{ probe, reason: here.reason, remedy: here.remedy }]))
}

/** Attaches probes on this machine until `stack` is disposed of. One that cannot be attached, though all that it needs is there, has failed. */
export async function attachAll(
  names: readonly ProbeName[],
  stack: AsyncDisposableStack,
): Promise<{ attached: Attachment[]; failed: Probes['unavailable'] }> {
  const tried = await Promise.all(
    names.map(async (probe) => {
      try {
        return { attachment: stack.use(await probes[probe].attach()) }
      } catch (error) {
        return { probe, reason: (error as Error).message, remedy: `try it by itself: meshmark probe ${probe}` }
      }
    }),
  )
  return {
    attached: tried.flatMap((one) => ('attachment' in one ? [one.attachment] : [])),
    failed: tried.flatMap((one) => ('attachment' in one ? [] : [one])),
  }
}
