import type { PodFacts } from '../../ebpf/attribution/pods.ts'
import type { Owner, Reading } from '../../ebpf/probe.ts'
import type { Probes } from '../../reports/kernel.ts'

/** What the program on a node is told: a line of JSON each. */
export interface NodeRequest {
  /** Pods of the node that are new or have changed. It is told so at least every few seconds, if only that there are none. */
  pods?: readonly PodFacts[]
  /** An answer is wanted. */
  read?: true
}

/** Who a process or network namespace belongs to: a pod, something else for certain, or nobody knows. */
export type Known = Owner | 'elsewhere' | null

/** What it says: once all probes are at work, and then to each `read`. */
export type NodeAnswer =
  | { failed: Probes['unavailable'] }
  | {
      /** In the order of the probes that did not fail. */
      readings: readonly Reading[]
      /** Of the sources in the readings: by number, what is not as it was in the answer before. */
      processes: readonly [number, Known][]
      networks: readonly [number, Known][]
    }
