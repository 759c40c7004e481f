import { readingsOf } from './kernel-readings.ts'
import { whole, written } from './numbers.ts'
import type { Arm, Experiment } from './record.ts'

/** The probes that ran, with their cost: "runqueue, requests; 1.1 % of a core". Null where none did. */
export function probesInWords({ probes }: Pick<Experiment, 'probes'>): string | null {
  if (!probes) return null
  const missing = probes.unavailable.map(({ probe }) => probe)
  const names = probes.names.filter((name) => !missing.includes(name))
  if (names.length === 0) return null
  const { all } = probeCosts({ probes })
  return `${names.join(', ')}${all === null ? '' : `; ${coreShare(all)}`}`
}

/** A share of a core, of which there may be more than one: "1.1 % of a core". */
export const coreShare = (share: number) => `${written(Number((100 * share).toPrecision(2)))} % of a core`

/** What each probe took of a core while it ran, bpftrace included; null where that is not known. All is null as soon as one is. */
export function probeCosts({ probes }: Pick<Experiment, 'probes'>) {
  const byProbe = Map.groupBy(probes?.cost ?? [], ({ probe }) => probe)
  const each = [...byProbe].map(([probe, costs]) => {
    const ms = costs.map(({ programMs, bpftraceMs }) =>
      programMs === null || bpftraceMs === null ? null : programMs + bpftraceMs,
    )
    const seconds = costs.reduce((sum, cost) => sum + cost.seconds, 0)
    const known = seconds > 0 && !ms.includes(null)
    return { probe, share: known ? ms.reduce<number>((sum, one) => sum + (one ?? 0), 0) / 1000 / seconds : null }
  })
  const known = each.length > 0 && each.every(({ share }) => share !== null)
  return { each, all: known ? each.reduce((sum, { share }) => sum + (share ?? 0), 0) : null }
}

/** What limits the readings, a sentence each: those that are not there or not to be trusted, and requests that were seen by one side alone. */
export function probeCaveats({ arms }: Pick<Experiment, 'arms'>): string[] {
  const reasons = new Map<string, Set<string>>()
  for (const { name, trials } of arms)
    for (const { probe, reason } of trials.flatMap(readingsOf))
      if (reason !== null) {
        const key = JSON.stringify([probe, reason])
        reasons.set(key, (reasons.get(key) ?? new Set()).add(name))
      }
  const unread = [...reasons].map(([key, names]) => {
    const [probe, reason] = JSON.parse(key) as [string, string]
    return `${probe} of ${[...names].join(' and ')}: ${reason}`
  })
  return [...unread, ...arms.flatMap(requestsApart)]
}

/** The probes that saw nothing of any arm. */
export function silentProbes({ arms }: Pick<Experiment, 'arms'>): string[] {
  const byProbe = Map.groupBy(
    arms.flatMap(({ trials }) => trials.flatMap(readingsOf)),
    ({ probe }) => probe,
  )
  return [...byProbe]
    .filter(([, readings]) => readings.every(({ series }) => series?.length === 0))
    .map(([name]) => name)
}

/** Up to so large a share they are the ones that were under way when counting began and ended. */
const tolerated = 0.01

function requestsApart({ name, trials }: Arm): string[] {
  const counted = trials.flatMap(({ kernel }) => kernel?.requests ?? [])
  const [kernel, agent] = (['kernel', 'agent'] as const).map((side) =>
    counted.reduce((sum, one) => sum + one[side], 0),
  ) as [number, number]
  if (Math.abs(kernel - agent) <= tolerated * agent) return []
  return [
    `${name}: the kernel saw ${whole(kernel)} requests at the load’s sockets where the agent counted ${whole(agent)}`,
  ]
}
