import type { Attribution, EventSource, Owner } from '../probe.ts'
import type { CgroupPlace } from './cgroup.ts'
import { type PodFacts, PodIndex } from './pods.ts'
import { netnsOf, type ProcessStat, placesOf, processIds, statOf } from './process.ts'

/** A process that says itself which pod it is. */
export interface OwnedProcess {
  pid: number
  /** As in `/proc/PID/stat`. */
  startTime: string
  owner: Owner
}

/** What is asked at every refresh. What it once said stays known. */
export interface AttributionSource {
  /** The pods of a Kubernetes cluster. */
  pods?(): readonly PodFacts[]
  /** Where pods are processes: those that live, and what they have started. */
  processes?(): readonly OwnedProcess[]
}

/** A living process of a pod. */
export interface PodProcess extends Omit<ProcessStat, 'kernel'> {
  owner: Owner
  /** Null in no container: a pod that is a process. */
  containerId: string | null
}

interface Seen extends ProcessStat {
  places: readonly CgroupPlace[]
  /** Read where the process is in a pod. */
  netns: number | null
  /** It is in a pod, and was so when it was last looked at. */
  settled: boolean
}

/**
 * Which pod the processes and network namespaces of this machine belong to: what /proc shows at each `refresh`, joined with the
 * pods when it is asked, so that either may be known first. It has to run as root in the root pid namespace.
 *
 * What was seen once stays known until its number is used again: a pid by another process, an inode by another pod's namespace.
 * A process that lives only between two refreshes is known by its network namespace alone.
 */
export class NodeAttribution implements Attribution {
  readonly #source: AttributionSource
  readonly #pods = new PodIndex()
  /** The last process of each number. */
  readonly #seen = new Map<number, Seen>()
  readonly #owned = new Map<number, OwnedProcess>()
  /** UIDs of pods by their network namespaces. */
  readonly #podOfNetns = new Map<number, string>()
  #living: number[] = []
  /** Processes that were seen in no pod, also those that have ended. */
  readonly #others = new Set<number>()
  /** Network namespaces of this machine, of nodes, and of whatever else was seen in no pod. */
  readonly #elsewhere = new Set<number | null>()

  constructor(source: AttributionSource) {
    this.#source = source
    this.refresh()
  }

  /** Looks at all processes once. */
  refresh(): void {
    this.#pods.add(this.#source.pods?.() ?? [])
    for (const process of this.#source.processes?.() ?? []) this.#owned.set(process.pid, process)
    this.#living = processIds().filter((pid) => this.#look(pid))
    this.#learnNamespaces()
    const living = new Set(this.#living)
    for (const [pid, { places }] of this.#seen) if (places.length === 0 && !living.has(pid)) this.#seen.delete(pid)
  }

  /**
   * By the process where that is in a pod, else by the network namespace. Leave the pid out where the event is not the running
   * process's own: in a softirq.
   */
  ownerOf({ pid, netns }: EventSource): Owner | null {
    const place = pid === undefined ? null : this.#placeOf(pid)
    if (place) return place.owner
    const uid = netns === undefined ? undefined : this.#podOfNetns.get(netns)
    const pod = uid === undefined ? null : this.#pods.get(uid)
    return pod && ownerIn(pod, null)
  }

  /** Whether an event is certainly no pod's: of a process that was seen outside of all, or in a network of such processes. */
  isElsewhere(source: EventSource): boolean {
    if (this.ownerOf(source)) return false
    const { pid, netns } = source
    return (pid !== undefined && this.#others.has(pid)) || (netns !== undefined && this.#elsewhere.has(netns))
  }

  /** The processes of pods that were there at the last refresh, by number. */
  processes(): PodProcess[] {
    return this.#living.flatMap((pid) => {
      const [seen, place] = [this.#seen.get(pid), this.#placeOf(pid)]
      if (!seen || !place) return []
      const { startTime, parentPid, command } = seen
      return [{ pid, startTime, parentPid, command, ...place }]
    })
  }

  #placeOf(pid: number): Pick<PodProcess, 'owner' | 'containerId'> | null {
    const owned = this.#owned.get(pid)
    if (owned) return { owner: owned.owner, containerId: null }
    const place = this.#pods.find(this.#seen.get(pid)?.places ?? [])
    return place && { owner: ownerIn(place.pod, place.container), containerId: place.containerId }
  }

  /** Whether a process of this number lives. */
  #look(pid: number): boolean {
    const stat = statOf(pid)
    if (stat === null) return false
    if (this.#owned.get(pid)?.startTime !== stat.startTime) this.#owned.delete(pid)
    const last = this.#seen.get(pid)
    const known = last?.startTime === stat.startTime ? last : undefined
    const { places, netns, settled } = known?.settled ? known : this.#where(stat, known)
    this.#seen.set(pid, { ...stat, places, netns, settled })
    // One of another cluster’s pods has a place, but no pod of ours even at a second look.
    if ((places.length === 0 || known) && !this.#placeOf(pid)) this.#takeAsOther(pid)
    return true
  }

  #takeAsOther(pid: number): void {
    if (this.#others.has(pid)) return
    this.#others.add(pid)
    this.#elsewhere.add(netnsOf(pid))
  }

  /**
   * A container's first process is moved into its group before it enters its namespaces, and a process does not leave its
   * container: what is the same at two looks stays so.
   */
  #where({ pid, kernel }: ProcessStat, known?: Seen): Pick<Seen, 'places' | 'netns' | 'settled'> {
    const places = kernel ? [] : placesOf(pid)
    if (!this.#pods.find(places)) return { places, netns: null, settled: false }
    const netns = netnsOf(pid)
    return { places, netns, settled: netns !== null && known?.netns === netns }
  }

  #learnNamespaces(): void {
    const podsIn = new Map<number, Set<PodFacts>>()
    const parents = new Set<number>()
    for (const pid of this.#living) {
      const { netns, places = [], parentPid = 0 } = this.#seen.get(pid) ?? {}
      const pod = this.#pods.find(places)?.pod
      if (!pod || netns === null || netns === undefined) continue
      podsIn.set(netns, (podsIn.get(netns) ?? new Set()).add(pod))
      if (!this.#pods.find(this.#seen.get(parentPid)?.places ?? [])) parents.add(parentPid)
    }
    // What starts the processes of pods runs in the network namespace of their node, which pods with hostNetwork share.
    const ofNodes = new Set([...parents].map(netnsOf))
    for (const netns of ofNodes) this.#elsewhere.add(netns)
    for (const [netns, pods] of podsIn) {
      const [pod] = pods
      if (ofNodes.has(netns)) this.#podOfNetns.delete(netns)
      else if (pod && pods.size === 1 && !pod.hostNetwork) this.#podOfNetns.set(netns, pod.uid)
    }
  }
}

function ownerIn({ namespace, name, uid, labels }: PodFacts, container: string | null): Owner {
  return { namespace, pod: name, uid, container, labels }
}
