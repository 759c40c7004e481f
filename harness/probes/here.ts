import type { Cluster } from '../../clusters/provider.ts'
import { keepRunTimes } from '../../ebpf/bpftrace/run-times.ts'
import type { ProbeName } from '../../ebpf/probes/index.ts'
import { attribute } from '../attribution/attribution.ts'
import { attachAll, unavailableHere } from './attach-all.ts'
import type { KernelAccess, KernelSource } from './kernel-source.ts'

/** Probes on this machine, whose processes the cluster's pods are. */
export const fromHere = (cluster: Cluster): KernelAccess => ({
  nodes: null,
  unavailable: (names) => unavailableHere(names),
  attach: (names) => attachHere(cluster, names),
  async [Symbol.asyncDispose]() {},
})

async function attachHere(cluster: Cluster, names: readonly ProbeName[]): Promise<KernelSource> {
  await using stack = new AsyncDisposableStack()
  const { attribution } = stack.use(await attribute(cluster))
  stack.use(await keepRunTimes())
  const { attached, failed } = await attachAll(names, stack)
  const owned = stack.move()
  return {
    failed,
    attribution,
    read: () => Promise.all(attached.map((one) => one.read())),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}
