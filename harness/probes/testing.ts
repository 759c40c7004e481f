import { expect } from 'vitest'
import type { ProbeName } from '../../ebpf/probes/index.ts'
import { probes } from '../../ebpf/probes/index.ts'
import type { Station } from '../../reports/kernel.ts'
import type { Arm } from '../../reports/record.ts'

/** Calls `skip` with the reason where one of these probes cannot run here. */
export async function needsProbes(names: readonly ProbeName[], skip: (why: string) => unknown): Promise<void> {
  for (const name of names) {
    const here = await probes[name].available()
    if (!here.available) skip(`${here.reason}; ${here.remedy}`)
  }
}

/**
 * What has to hold of every arm that sent HTTP/1.1: the probes have readings, at least 99 % of the events are attributed, the kernel's count
 * of requests is the agent's within 1 %, and the parts of the service time add up to it.
 */
export function expectKernelView({ name, trials }: Arm, probes: readonly ProbeName[], way: readonly Station[]): void {
  const kernel = trials[0]?.kernel
  expect(
    kernel?.readings.map(({ probe, reason }) => [probe, reason]),
    name,
  ).toEqual(probes.map((probe) => [probe, null]))
  for (const { probe, unattributedShare } of kernel?.readings ?? [])
    expect(unattributedShare, `${name}: ${probe}`).toBeLessThan(0.01)
  const { kernel: seen = 0, agent = 0 } = kernel?.requests ?? {}
  expect(agent, name).toBeGreaterThan(trials[0]?.load.requests ?? 0)
  expect(Math.abs(seen - agent) / agent, name).toBeLessThan(0.01)
  const { parts, reason, unattributedUs, serviceTimeUs } = kernel?.split?.all ?? {}
  expect(reason, name).toBeNull()
  const times = parts?.filter(({ kind }) => kind === 'time').map(({ at }) => at)
  expect(times, name).toEqual(way.slice(1))
  // The agent's own time between its clock and its socket is in none: where others want its core, that is half of a short service time.
  const unattributedShare = (unattributedUs ?? 0) / (serviceTimeUs ?? 0)
  expect(unattributedShare, name).toBeGreaterThan(-0.3)
  expect(unattributedShare, name).toBeLessThan(0.6)
}
