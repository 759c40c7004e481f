import type { Probe } from '../probe.ts'
import { arrival } from './arrival.ts'
import { connections } from './connections.ts'
import { drops } from './drops.ts'
import { offcpu } from './offcpu.ts'
import { requests } from './requests.ts'
import { retransmits } from './retransmits.ts'
import { rtt } from './rtt.ts'
import { runqueue } from './runqueue.ts'
import { softirq } from './softirq.ts'
import { syscalls } from './syscalls.ts'

/** Probes by name. */
export const probes = {
  ...{ runqueue, requests, arrival, rtt, retransmits, connections },
  ...{ offcpu, drops, softirq, syscalls },
} satisfies Record<string, Probe>

export type ProbeName = keyof typeof probes
export const probeNames = Object.keys(probes) as [ProbeName, ...ProbeName[]]
