import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { ClusterError } from '../../clusters/errors.ts'
import { processIds, statOf } from '../../ebpf/attribution/process.ts'
import { keepFresh } from '../../ebpf/attribution/refresh.ts'
import type { EventSource, Measured, Owner } from '../../ebpf/probe.ts'
import { byOwner, pooled } from '../../ebpf/reading.ts'
import type { LiveAttribution } from '../attribution/attribution.ts'
import { HarnessError } from '../errors.ts'
import { figuresOf, type PodSeries, type ProcessSeries } from './figures.ts'
import { noPodText } from './no-pod-text.ts'
import { ProcessNames } from './process-names.ts'
import { type Selection, selects } from './selection.ts'

/** What is watched, as records and messages name it. */
export type TargetName =
  | { kind: 'machine' }
  | { kind: 'process'; pid: number; command: string }
  /** `cluster` is the context of a kubeconfig, or "local". */
  | { kind: 'pods'; cluster: string; namespace: string | null; selector: string | null }

/** Events that may belong to what is watched, and nobody knows; their share of all events that have a source. */
export interface Unattributed {
  events: number
  share: number | null
}

/** What a reading says of a target. Series with most events come first. */
export interface Account<S> {
  series: S[]
  /** Null where nothing has to be found out: of a process, or of every process. */
  unattributed: Unattributed | null
}

/** What a probe is to watch, and how its readings become series. Disposed of when the probe has ended. */
export interface Target<S> extends Disposable {
  name: TargetName
  /** What the kernel leaves out already. */
  source: EventSource
  /** It is not there any more, and will not be again. */
  ended(): boolean
  account(measured: Measured): Account<S>
}

/** Everything that this machine does, by process. */
export function wholeMachine(): Target<ProcessSeries> {
  return byProcess({ name: { kind: 'machine' }, source: {}, ended: () => false })
}

/**
 * One process with all its threads. When it has ended, its number may be another's: then the target has `ended`.
 *
 * @throws HarnessError CONFIG_INVALID when no process of this number lives.
 */
export function oneProcess(pid: number): Target<ProcessSeries> {
  const stat = processIds().includes(pid) ? statOf(pid) : null
  if (!stat) throw new HarnessError('CONFIG_INVALID', `there is no process ${pid}${threadText(pid)}`)
  const { startTime, command } = stat
  const ended = () => statOf(pid)?.startTime !== startTime
  return byProcess({ name: { kind: 'process', pid, command }, source: { pid }, ended })
}

function threadText(pid: number): string {
  try {
    const [, process] = /^Tgid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
    return process === undefined || Number(process) === pid ? '' : `: it is a thread of process ${process}`
  } catch {
    return ''
  }
}

function byProcess(target: Pick<Target<ProcessSeries>, 'name' | 'source' | 'ended'>): Target<ProcessSeries> {
  const names = new ProcessNames()
  const refreshing = keepFresh(names)
  return {
    ...target,
    account({ unit, series }) {
      names.refresh()
      const groups = Map.groupBy(series, ({ source: { pid, netns }, kind }) =>
        JSON.stringify([pid ?? null, pid === undefined ? (netns ?? null) : null, kind]),
      )
      const rows = [...groups].map(([key, parts]): ProcessSeries => {
        const [pid, netns, kind] = JSON.parse(key) as [number | null, number | null, string]
        const command = pid === null ? null : names.nameOf(pid)
        return { pid, command, netns, ...figuresOf(unit, kind, pooled(parts)) }
      })
      return { series: busiestFirst(rows), unattributed: null }
    },
    [Symbol.dispose]: () => refreshing[Symbol.dispose](),
  }
}

const pauseMs = 250

export interface PodsOptions {
  /** The context of a kubeconfig, or "local". */
  cluster: string
  /** How long to wait for a pod that is selected and has a process here; 0: it has to be there. */
  waitMs: number
}

/**
 * Pods that are selected, also those that come while the probe runs. Takes over `live`.
 *
 * @throws HarnessError CONFIG_UNKNOWN when none is selected, naming those that there are; ClusterError CLUSTER_UNAVAILABLE when
 * those that are have no process on this machine.
 */
export async function chosenPods(
  live: LiveAttribution,
  selection: Selection,
  { cluster, waitMs }: PodsOptions,
): Promise<Target<PodSeries>> {
  try {
    const until = performance.now() + waitMs
    while (!isHere(live, selection)) {
      if (performance.now() >= until) throw missing(live, selection, cluster)
      await sleep(pauseMs)
      live.attribution.refresh()
    }
  } catch (error) {
    live[Symbol.dispose]()
    throw error
  }
  const names = new ProcessNames()
  const refreshing = keepFresh(names)
  const { namespace, selector } = selection
  return {
    name: { kind: 'pods', cluster, namespace, selector: selector?.text ?? null },
    source: {},
    ended: () => false,
    account(measured) {
      names.refresh()
      live.attribution.refresh()
      const ownNetworks = live.pods().every((pod) => !selects(selection, pod) || !pod.hostNetwork)
      // A process that is known, and in no pod, is nobody that was asked for. What stays unknown may be.
      const isStranger = (source: EventSource) =>
        (source.pid !== undefined && names.nameOf(source.pid) !== null) ||
        (ownNetworks && live.attribution.isElsewhere(source))
      const ownerOf = (source: EventSource) =>
        live.attribution.ownerOf(source) ?? (isStranger(source) ? stranger : null)
      const { series, unattributed } = byOwner(measured, { ownerOf })
      const rows = series
        .filter(({ owner }) => owner !== stranger && selects(selection, owner))
        .map(({ owner, kind, ...rest }) => ({ ...owner, ...figuresOf(measured.unit, kind, rest) }))
      return { series: busiestFirst(rows), unattributed }
    },
    [Symbol.dispose]() {
      refreshing[Symbol.dispose]()
      live[Symbol.dispose]()
    },
  }
}

const stranger: Owner = { namespace: '', pod: '', uid: null, container: null, labels: {} }

const isHere = ({ attribution }: LiveAttribution, selection: Selection) =>
  attribution.processes().some(({ owner }) => selects(selection, owner))

function missing(live: LiveAttribution, selection: Selection, cluster: string): Error {
  const pods = live.pods()
  const selected = pods.filter((pod) => selects(selection, pod))
  if (selected.length === 0) return new HarnessError('CONFIG_UNKNOWN', noPodText(pods, selection, cluster))
  const [first] = selected
  return new ClusterError(
    'CLUSTER_UNAVAILABLE',
    `none of the ${selected.length} selected pods of ${cluster} has a process here (${first?.namespace}/${first?.name}): ` +
      'run it on the node of the pods, and not in a container, which sees its own processes alone',
  )
}

const busiestFirst = <S extends { count: number }>(series: S[]) => series.toSorted((a, b) => b.count - a.count)
