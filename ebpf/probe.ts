/** Where an event came from, as the kernel saw it. */
export interface EventSource {
  /** The number of the process (tgid) in the root pid namespace. */
  pid?: number
  /** The inode of the network namespace. */
  netns?: number
}

/** A container of a pod; for processes on `local` the pod is the process's own. */
export interface Owner {
  namespace: string
  pod: string
  uid: string | null
  container: string | null
  labels: Record<string, string>
}

/** Says which pod an event belongs to; null where nobody knows. Whoever asks counts what stays unknown. */
export interface Attribution {
  ownerOf(source: EventSource): Owner | null
}

/** Whether something can be used here; if not, why, and what to do about it. */
export type Availability = { available: true; detail: string } | { available: false; reason: string; remedy: string }

/** How a probe is to be used. */
export interface AvailabilityOptions {
  /** Whoever reads knows processes by the kernel's numbers, also where they have others. */
  otherNumbers?: boolean
}

/** What values of a reading are: microseconds, or nothing but how often it happened. */
export type Unit = 'us' | 'events'

/** Values from `min` up to `max`, in the reading's unit. */
export interface Bucket {
  min: number
  max: number
  count: number
}

/** All that one source did of one kind. */
export interface Series {
  source: EventSource
  /** What the probe tells apart: "server", "NET_RX", "NETFILTER_DROP". */
  kind: string
  count: number
  /** Of the values of all buckets, in the reading's unit; null where events are only counted. With the buckets' count the mean is exact. */
  sum: number | null
  /** Ascending, empty ones left out; none where events are only counted. */
  buckets: readonly Bucket[]
}

/** What the programs of a probe cost, from `kernel.bpf_stats_enabled`. */
export interface ProbeCost {
  /** CPU time inside the programs, without the kernel's own way into them. */
  runTimeMs: number
  runs: number
}

export interface Measured {
  probe: string
  unit: Unit
  /** How long the probe was attached. */
  seconds: number
  series: readonly Series[]
  /** Events that the kernel skipped, as another program of ours was busy on that CPU; null where it does not say. */
  missedEvents: number | null
  /** Messages of the program that did not reach us. */
  lostEvents: number
  /** Writes that failed as a map was full: what is counted is too little. */
  failedUpdates: number
  /** Null unless the kernel kept run times all the while. */
  cost: ProbeCost | null
  /** CPU time of bpftrace itself, which starts the program and prints what it counted. */
  bpftraceMs: number | null
}

/** A reading that could not be had. It is not zero: nobody knows. */
export interface Absent {
  probe: string
  series: null
  reason: string
}

export type Reading = Measured | Absent

/** A probe at work. Its reading is absent, with the reason, where the program died or does not answer. */
export interface Attachment extends AsyncDisposable {
  /** What it has seen since it was attached; it goes on. `between` of `ebpf/reading.ts` gives what lies between two of them. */
  read(): Promise<Reading>
  /** Ends it. Disposing of it ends it without a reading. */
  detach(): Promise<Reading>
}

/** What a probe's events belong to: processes (in their network namespaces), network namespaces alone, or nobody. */
export type Sources = 'processes' | 'namespaces' | 'nobody'

/** A plug-in that watches the kernel while a trial runs. */
export interface Probe {
  description: string
  unit: Unit
  sources: Sources
  available(options?: AvailabilityOptions): Promise<Availability>
  /**
   * Begins to watch one process, one network namespace, or, without a target, the whole machine.
   *
   * @throws EbpfError EBPF_TARGET_INVALID where a number cannot be one, EBPF_ATTACH_FAILED where the program did not start.
   */
  attach(target?: EventSource): Promise<Attachment>
}
