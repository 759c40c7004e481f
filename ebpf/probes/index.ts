import type { Probe } from '../probe.ts'

/** Probes by name. */
export const probes = {} satisfies Record<string, Probe>
