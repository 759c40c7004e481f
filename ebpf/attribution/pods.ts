import type { CgroupPlace } from './cgroup.ts'

/** A pod as its API server has it. */
export interface PodFacts {
  namespace: string
  name: string
  uid: string
  /** The UID that a static pod has on its node; the one above is that of its mirror at the API server. */
  staticUid?: string
  labels: Record<string, string>
  hostNetwork: boolean
  /** Those that were ever started, init containers too. Ids without their runtime: 64 hexadecimal digits. */
  containers: readonly { name: string; id: string }[]
}

/** A pod and, where it is known, which of its containers. */
export interface PodPlace {
  pod: PodFacts
  container: string | null
  containerId: string | null
}

/** All pods that were ever told of: those that are gone stay known. */
export class PodIndex {
  readonly #byUid = new Map<string, PodFacts>()
  readonly #byContainer = new Map<string, { uid: string; name: string }>()

  /** What is told last of a pod counts; its containers add up. */
  add(pods: readonly PodFacts[]): void {
    for (const pod of pods) {
      if (this.#byUid.get(pod.uid) === pod) continue
      this.#byUid.set(pod.uid, pod)
      if (pod.staticUid !== undefined) this.#byUid.set(pod.staticUid, pod)
      for (const { name, id } of pod.containers) this.#byContainer.set(id, { uid: pod.uid, name })
    }
  }

  get(uid: string): PodFacts | null {
    return this.#byUid.get(uid) ?? null
  }

  /** The innermost of the places that is in a pod we know; null when none is. */
  find(places: readonly CgroupPlace[]): PodPlace | null {
    for (const { podUid, containerId } of places) {
      const container = containerId === null ? undefined : this.#byContainer.get(containerId)
      // The id first: seen from inside another container, a path may leave out the pod.
      const pod = this.get(container?.uid ?? podUid ?? '')
      if (pod) return { pod, container: container?.name ?? null, containerId }
    }
    return null
  }
}
