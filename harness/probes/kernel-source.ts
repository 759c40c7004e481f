import type { Reading } from '../../ebpf/probe.ts'
import type { ProbeName } from '../../ebpf/probes/index.ts'
import type { Probes } from '../../reports/kernel.ts'
import type { KnownSources } from './arm-readings.ts'

/** What every probe had seen at one moment. */
export type Snapshot = readonly Reading[]

/** Where a cluster's pods can be watched from: this machine, or their nodes. */
export interface KernelAccess extends AsyncDisposable {
  /** The nodes that probes run on, in privileged pods; null on this machine. */
  nodes: readonly string[] | null
  /** Which of these probes cannot run there: why, and what to do about it. */
  unavailable(names: readonly ProbeName[]): Promise<Probes['unavailable']>
  /** Attaches probes: each takes about a second. */
  attach(names: readonly ProbeName[]): Promise<KernelSource>
}

/** Probes at work. */
export interface KernelSource extends AsyncDisposable {
  /** Those that could not be attached, though all that they need is there. */
  failed: Probes['unavailable']
  /** What the others have seen since they were attached, in the order of their names; they go on. */
  read(): Promise<Snapshot>
  /** Whose the events of readings are. */
  attribution: KnownSources
}
