import type { EventSource, Measured, Owner, Reading, Series } from '../../ebpf/probe.ts'
import type { KnownSources } from './arm-readings.ts'
import type { Known, NodeAnswer } from './node-messages.ts'

/** Linux has no process of this number or a higher one (PID_MAX_LIMIT). */
const processesOfNode = 2 ** 22
/** Inodes of network namespaces have 32 bits. */
const networksOfNode = 2 ** 32

/**
 * What several nodes told, as one: processes and network namespaces have numbers that no two nodes share, where `node` is the node's place
 * among them.
 */
export class NodesAttribution implements KnownSources {
  readonly #processes = new Map<number, Known>()
  readonly #networks = new Map<number, Known>()

  learn(node: number, { processes, networks }: Extract<NodeAnswer, { readings: unknown }>): void {
    for (const [pid, known] of processes) this.#processes.set(node * processesOfNode + pid, known)
    for (const [netns, known] of networks) this.#networks.set(node * networksOfNode + netns, known)
  }

  ownerOf(source: EventSource): Owner | null {
    const { process, network } = this.#of(source)
    if (process && process !== 'elsewhere') return process
    return network === 'elsewhere' ? null : network
  }

  isElsewhere(source: EventSource): boolean {
    const { process, network } = this.#of(source)
    return this.ownerOf(source) === null && (process === 'elsewhere' || network === 'elsewhere')
  }

  #of({ pid, netns }: EventSource): { process: Known; network: Known } {
    return {
      process: pid === undefined ? null : (this.#processes.get(pid) ?? null),
      network: netns === undefined ? null : (this.#networks.get(netns) ?? null),
    }
  }
}

/** One probe's readings on several nodes, in their order, as one of all; absent where it is so on one of them. */
export function ofAllNodes(probe: string, nodes: readonly string[], readings: readonly Reading[]): Reading {
  for (const [i, reading] of readings.entries())
    if (reading.series === null) return { probe, series: null, reason: `on ${nodes[i]}: ${reading.reason}` }
  const all = readings as readonly [Measured, ...Measured[]]
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
  const sumOrNull = (values: readonly (number | null)[]) =>
    values.includes(null) ? null : sum(values.map((value) => value ?? 0))
  const costs = all.flatMap(({ cost }) => cost ?? [])
  return {
    ...{ probe, unit: all[0].unit, seconds: Math.max(...all.map(({ seconds }) => seconds)) },
    series: all.flatMap(({ series }, node) => series.map((one) => ofNode(node, one))),
    missedEvents: sumOrNull(all.map(({ missedEvents }) => missedEvents)),
    lostEvents: sum(all.map(({ lostEvents }) => lostEvents)),
    failedUpdates: sum(all.map(({ failedUpdates }) => failedUpdates)),
    bpftraceMs: sumOrNull(all.map(({ bpftraceMs }) => bpftraceMs)),
    cost:
      costs.length < all.length
        ? null
        : { runTimeMs: sum(costs.map(({ runTimeMs }) => runTimeMs)), runs: sum(costs.map(({ runs }) => runs)) },
  }
}

function ofNode(node: number, { source: { pid, netns }, ...rest }: Series): Series {
  const source = {
    ...(pid !== undefined && { pid: node * processesOfNode + pid }),
    ...(netns !== undefined && { netns: node * networksOfNode + netns }),
  }
  return { ...rest, source }
}
