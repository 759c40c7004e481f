import { expect, test } from 'vitest'
import type { Measured, Owner, Series } from '../../ebpf/probe.ts'
import type { KernelReading } from '../../reports/kernel.ts'
import { armReadings } from './arm-readings.ts'
import { timeSplit } from './time-split.ts'

const owner = (namespace: string, pod: string, container: string | null = null): Owner => ({
  ...{ namespace, pod, container, uid: null },
  labels: { 'meshmark.dev/part': pod },
})
/** By pid, and by network namespace. */
const owners: Record<string, Owner> = {
  1: owner('one', 'load', 'app'),
  2: owner('one', 'load', 'istio-proxy'),
  3: owner('one', 'http-echo', 'istio-proxy'),
  4: owner('one', 'http-echo', 'app'),
  5: owner('two', 'load'),
  6: owner('two', 'client-envoy'),
  7: owner('two', 'http-echo-envoy'),
  8: owner('two', 'http-echo'),
  9: owner('istio-system', 'ztunnel', 'istio-proxy'),
  101: owner('one', 'load'),
  104: owner('one', 'http-echo'),
}
const attribution = {
  ownerOf: ({ pid, netns }: Series['source']) => owners[pid ?? ''] ?? owners[netns ?? ''] ?? null,
  isElsewhere: ({ pid }: Series['source']) => pid === 50,
}
const arms = [
  { namespace: 'one', server: { name: 'http-echo' }, enrolled: { proxies: [] } },
  {
    ...{ namespace: 'two', server: { name: 'http-echo' } },
    enrolled: { proxies: [{ name: 'client-envoy' }, { name: 'http-echo-envoy' }] },
  },
]

const series = (source: Series['source'], count = 10): Series => ({
  ...{ source, kind: 'server', count, sum: count * 100 },
  buckets: [{ min: 90, max: 128, count }],
})
const measured = (all: Series[], more: Partial<Measured> = {}): Measured => ({
  ...{ probe: 'requests', unit: 'us', seconds: all.length, series: all, bpftraceMs: 0 },
  ...{ missedEvents: 0, lostEvents: 0, failedUpdates: 0, cost: null, ...more },
})
const between = (all: Series[], more?: Partial<Measured>) =>
  armReadings(
    measured([], more && { cost: more.cost ? { runTimeMs: 0, runs: 0 } : null }),
    measured(all, more),
    arms,
    attribution,
  )

test('what is of an arm is told by its processes and networks, and where on the way it was', () => {
  const pids = [1, 2, 3, 4, 5, 6, 7, 8].map((pid) => series({ pid }))
  const [one, two] = between([...pids, series({ pid: 50 }, 1000)])
  const places = (reading?: KernelReading) => reading?.series?.map(({ at, container }) => [at, container])
  expect(places(one)).toEqual([
    ['client', 'app'],
    ['client proxy', 'istio-proxy'],
    ['server proxy', 'istio-proxy'],
    ['app', 'app'],
  ])
  expect(places(two)?.map(([at]) => at)).toEqual(['client', 'client proxy', 'server proxy', 'app'])
  expect([one?.unattributedShare, one?.reason]).toEqual([0, null])
})

test('a proxy of the node works in the networks of the pods that it serves', () => {
  const [one] = between([series({ pid: 9, netns: 101 }), series({ pid: 9, netns: 104 }), series({ pid: 9 })])
  expect(one?.series?.map(({ at, pod }) => [at, pod])).toEqual([
    ['client proxy', 'ztunnel'],
    ['server proxy', 'ztunnel'],
  ])
})

test('of a proxy’s processes, the one with the most requests is on the way: another holds streams to the control plane', () => {
  owners[12] = owner('one', 'load', 'istio-proxy')
  const [one] = between([
    series({ pid: 12 }, 3),
    series({ pid: 2 }, 30),
    series({ pid: 1 }, 5),
    series({ pid: 1, netns: 101 }, 6),
  ])
  expect(one?.series?.map(({ at, count }) => [at, count])).toEqual([
    ['client proxy', 30],
    ['client', 11],
  ])
})

test('a reading says why it is not to be trusted, and one that could not be had has a reason', () => {
  const [one, two] = between([series({ pid: 1 }, 98), series({ pid: 99, netns: 300 }, 2)])
  expect(one?.unattributedShare).toBe(0.02)
  expect(one?.reason).toBe('2 % of the events are of pods that nobody knows, above 1 %')
  expect(two?.reason).toBe(one?.reason)
  const missing = between([series({ pid: 1 }, 97)], { missedEvents: 3 })[0]
  expect(missing?.reason).toBe('the kernel missed 3 % of the events, above 1 %')
  // Of all runs of the programs, which are more than what they count.
  expect(
    between([series({ pid: 1 }, 97)], { missedEvents: 3, cost: { runTimeMs: 1, runs: 900 } })[0]?.reason,
  ).toBeNull()
  expect(between([], { failedUpdates: 1 })[0]?.reason).toMatch(/full/)
  const dead = { probe: 'requests', series: null, reason: 'bpftrace ended by SIGKILL' }
  expect(armReadings(measured([]), dead, arms, attribution)).toEqual([
    expect.objectContaining({ probe: 'requests', series: null, reason: 'bpftrace ended by SIGKILL' }),
    expect.objectContaining({ series: null }),
  ])
})

test('requests that share a connection have no split, and one without its probes is none', () => {
  const [requests] = between([series({ pid: 5 })])
  const arrival = { ...(requests as KernelReading), probe: 'arrival' }
  const served = { units: [0], serviceTimeUs: 500 }
  const counted = { kernel: 88, agent: 100 }
  const split = timeSplit(served, [requests as KernelReading, arrival], counted)
  expect(split).toMatchObject({ parts: null, serviceTimeUs: 500, unattributedUs: null })
  expect(split?.reason).toMatch(/^the kernel saw 88 requests at the client’s sockets where the load agent counts 100/)
  expect(timeSplit(served, [requests as KernelReading], counted)).toBeNull()
  const dead = { ...arrival, series: null, reason: 'bpftrace ended by SIGKILL' }
  expect(timeSplit(served, [requests as KernelReading, dead], counted)?.reason).toBe(
    'arrival: bpftrace ended by SIGKILL',
  )
})

test('a process that is dying is known by the network it was in', () => {
  const [one] = between([series({ pid: 99, netns: 104 }, 90), series({ pid: 99 }, 10)])
  expect(one?.series).toMatchObject([{ at: 'app', count: 100 }])
  expect(one?.unattributedShare).toBe(0)
})
