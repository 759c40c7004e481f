import { readFileSync } from 'node:fs'
import type { Attribution, EventSource, Owner } from '../probe.ts'
import { NodeAttribution } from './attribution.ts'
import { type CgroupPlace, placesIn } from './cgroup.ts'
import { type PodFacts, PodIndex } from './pods.ts'
import { netnsOf, processIds } from './process.ts'

/**
 * Attribution on a node that is itself a container, as those of kind are. There /proc has other numbers of processes than the kernel tells.
 * Of those the scheduler's debug file has the control groups, and with them the pods; network namespaces have the same inodes everywhere.
 * What goes on in other nodes on that kernel, and around them, is elsewhere.
 */
export class NestedAttribution implements Attribution {
  readonly #listed: () => readonly PodFacts[]
  readonly #pods = new PodIndex()
  readonly #places = new Map<number, readonly CgroupPlace[]>()
  /** For network namespaces alone. */
  readonly #inside: NodeAttribution
  readonly #networks = new Set<number | null>()

  constructor(pods: () => readonly PodFacts[]) {
    this.#listed = pods
    this.#inside = new NodeAttribution({ pods })
    this.refresh()
  }

  refresh(): void {
    this.#inside.refresh()
    this.#pods.add(this.#listed())
    for (const { id, cgroup } of kernelTasks()) this.#places.set(id, placesIn(`0::${cgroup}`))
    for (const pid of processIds()) this.#networks.add(netnsOf(pid))
  }

  /** As `NodeAttribution`. */
  ownerOf({ pid, netns }: EventSource): Owner | null {
    const place = this.#pods.find(this.#places.get(pid ?? 0) ?? [])
    if (!place) return netns === undefined ? null : this.#inside.ownerOf({ netns })
    const { namespace, name, uid, labels } = place.pod
    return { namespace, pod: name, uid, container: place.container, labels }
  }

  /** Whether an event is certainly none of a pod of this node: of a process that was seen outside of them, or in a network that is not the node's. */
  isElsewhere(source: EventSource): boolean {
    if (this.ownerOf(source)) return false
    const { pid, netns } = source
    if (pid !== undefined && this.#places.has(pid)) return true
    return netns !== undefined && (!this.#networks.has(netns) || this.#inside.isElsewhere({ netns }))
  }
}

interface Task {
  /** Of a thread; a process has that of its first. */
  id: number
  cgroup: string
}

/** The second is that of kernels before 5.13. */
const debugFiles = ['/sys/kernel/debug/sched/debug', '/proc/sched_debug'] as const

/** All threads of the machine as the kernel numbers them, wherever it is asked; none where the kernel does not tell. */
export function kernelTasks(): Task[] {
  for (const file of debugFiles) {
    try {
      return parseTasks(readFileSync(file, 'utf8'))
    } catch {}
  }
  return []
}

/**
 * Reads the tables of tasks: a state in two columns, a name in a field of 15, the number, …, the path of the control group. While somebody
 * else reads the file too, that is cut off after 125 characters, and ends in dots.
 */
function parseTasks(text: string): Task[] {
  const tasks = [...text.matchAll(/^[ >][A-Z] .{15} +(\d+) .* (\/\S*)$/gm)]
  return tasks.flatMap(([, id, cgroup = '']) => (cgroup.endsWith('...') ? [] : [{ id: Number(id), cgroup }]))
}
