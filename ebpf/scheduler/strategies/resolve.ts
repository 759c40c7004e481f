import { lives, type Process, type ProcessId, readProcess } from '../process.ts'
import { type Labels, matches } from './selector.ts'
import type { Strategy } from './strategy.ts'

/** A pod of this node, as whoever attributes processes to pods knows it. */
export interface Pod {
  namespace: string
  name: string
  uid: string
  labels: Labels
  processes: readonly (ProcessId & { command: string })[]
}

/** A strategy, and the one process its pid named when it was set; null: none lived, or it names no pid. */
export interface PinnedStrategy extends Strategy {
  pinned: Process | null
}

/** A process that strategies are about, and the one that counts for it. */
export interface Assignment extends ProcessId {
  command: string
  /** The index of the strategy. */
  strategy: number
  /** `whole`: the strategy counts for every process of the pod. */
  pod: { namespace: string; name: string; uid: string; whole: boolean } | null
}

/** What a strategy does at the moment. `waiting` says for what. */
export interface StrategyStatus {
  state: 'active' | 'waiting'
  reason: string | null
  processes: number
}

export interface Resolution {
  assignments: Assignment[]
  /** One for each strategy, in their order. */
  statuses: StrategyStatus[]
}

/** Notes which process a pid means, now that it is said: another that gets the number later is not meant. */
export const pin = (strategy: Strategy): PinnedStrategy => ({
  ...strategy,
  pinned: strategy.target.kind === 'pid' ? readProcess(strategy.target.pid) : null,
})

/** Which process each strategy is about. Where several are about one, the last of them counts. */
export function resolve(strategies: readonly PinnedStrategy[], pods: readonly Pod[]): Resolution {
  const podOf = new Map(pods.flatMap((pod) => pod.processes.map(({ pid }) => [pid, pod] as const)))
  const found = strategies.map((strategy) => processesOf(strategy, pods, podOf))
  const winners = new Map<number, Assignment>()
  for (const [strategy, processes] of found.entries())
    for (const { pid, startTime, command } of processes) {
      const pod = podOf.get(pid)
      const where = pod && { namespace: pod.namespace, name: pod.name, uid: pod.uid, whole: false }
      winners.set(pid, { pid, startTime, command, strategy, pod: where ?? null })
    }
  for (const pod of pods) markWhole(pod, winners)
  const assignments = [...winners.values()]
  return { assignments, statuses: strategies.map((one, i) => statusOf(one, found[i]?.length ?? 0, pods)) }
}

function processesOf(
  { target, command, pinned }: PinnedStrategy,
  pods: readonly Pod[],
  podOf: ReadonlyMap<number, Pod>,
): readonly (ProcessId & { command: string })[] {
  const isMeant = ({ command: text }: { command: string }) => command === null || command.matcher(text).find()
  if (target.kind === 'pods') {
    const { namespaces } = target
    const isNear = ({ namespace }: Pod) => namespaces.length === 0 || namespaces.includes(namespace)
    return pods
      .filter((pod) => isNear(pod) && matches(target.requirements, pod.labels))
      .flatMap(({ processes }) => processes.filter(isMeant))
  }
  if (pinned === null || !lives(pinned)) return []
  const known = podOf.get(pinned.pid)?.processes.find(({ pid }) => pid === pinned.pid)
  const one = { ...pinned, command: known?.command ?? pinned.name }
  return isMeant(one) ? [one] : []
}

function markWhole({ processes }: Pod, winners: ReadonlyMap<number, Assignment>) {
  const strategies = new Set(processes.map(({ pid }) => winners.get(pid)?.strategy))
  if (strategies.size !== 1 || strategies.has(undefined)) return
  for (const { pid } of processes) {
    const assignment = winners.get(pid)
    if (assignment?.pod) assignment.pod.whole = true
  }
}

function statusOf(
  { target, command, pinned }: PinnedStrategy,
  processes: number,
  pods: readonly Pod[],
): StrategyStatus {
  if (processes > 0) return { state: 'active', reason: null, processes }
  const waiting = (reason: string): StrategyStatus => ({ state: 'waiting', reason, processes })
  if (target.kind === 'pid') {
    if (pinned === null)
      return waiting(`there was no process ${target.pid} when it was set; one that comes later is not meant`)
    if (!lives(pinned))
      return waiting(`process ${target.pid} (${pinned.name}) has ended; one that gets its number is not meant`)
    return waiting(`the command of process ${target.pid} (${pinned.name}) does not match ${command?.pattern()}`)
  }
  const matching = pods.filter(({ labels }) => matches(target.requirements, labels))
  const near = matching.filter(
    ({ namespace }) => target.namespaces.length === 0 || target.namespaces.includes(namespace),
  )
  if (matching.length === 0) return waiting(`no pod of ${pods.length} here has these labels yet`)
  if (near.length === 0) return waiting(`no pod with these labels is in ${target.namespaces.join(', ')} yet`)
  const such = command === null ? 'a process' : `a process that matches ${command.pattern()}`
  return waiting(`no pod of ${near.length} with these labels has ${such} yet`)
}
