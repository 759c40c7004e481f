/** SCHED_OTHER, the usual policy, and SCHED_BATCH: include/uapi/linux/sched.h. All others are left alone. */
export const policies = { other: 0, batch: 3 } as const

/** How the kernel schedules a thread: policy, nice, and slice in ns. A slice of 0 is the kernel's own. */
export type Attributes = readonly [policy: number, nice: number, sliceNs: number]

/** What a strategy asks for; null: as it was. */
export interface Wanted {
  policy: number | null
  nice: number | null
  sliceNs: number | null
  /** What the weight of a whole pod is multiplied with; 1: as it was. */
  weightFactor: number
  /** What was asked for and can be had in part alone. */
  notes: readonly string[]
}

/** From the kernel's `__setparam_fair` (kernel/sched/syscalls.c), which holds a slice to 0.1–100 ms. */
const [shortestSliceNs, longestSliceNs] = [100_000n, 100_000_000n]

/**
 * Priority and execution time in what a kernel without sched_ext has. Nice is the negative priority. A pod competes with other pods by
 * the weight of its cgroup, and nice counts among its own processes alone, so the weight goes with it: 1.25 for each step, as the
 * kernel weighs nice (`sched_prio_to_weight`, kernel/sched/core.c). Work below 0 gets SCHED_BATCH too: it does not preempt when it wakes.
 */
export function wantedOf(priority: number, executionTimeNs: bigint): Wanted {
  const nice = Math.max(-20, Math.min(19, -priority))
  const slice = [executionTimeNs, shortestSliceNs, longestSliceNs].sort((a, b) => Number(a - b))[1] ?? 0n
  const isClamped = executionTimeNs > 0n && slice !== executionTimeNs
  const notes = [
    ...(priority !== 0 && nice !== -priority ? [`priority ${priority} is taken as ${-nice}, the kernel's limit`] : []),
    ...(isClamped ? [`an execution time of ${executionTimeNs} ns is taken as ${slice}, the kernel's limit`] : []),
  ]
  return {
    policy: priority < 0 ? policies.batch : null,
    nice: priority === 0 ? null : nice,
    sliceNs: executionTimeNs === 0n ? null : Number(slice),
    weightFactor: priority === 0 ? 1 : 1.25 ** -nice,
    notes,
  }
}

/** What a thread gets that had `before`. */
export const attributesOf = ({ policy, nice, sliceNs }: Wanted, before: Attributes): Attributes => [
  policy ?? before[0],
  nice ?? before[1],
  sliceNs ?? before[2],
]
