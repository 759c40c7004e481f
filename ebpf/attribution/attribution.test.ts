import { randomBytes } from 'node:crypto'
import { existsSync, writeFileSync } from 'node:fs'
import { beforeEach, expect, test } from 'vitest'
import type { Owner } from '../probe.ts'
import { NodeAttribution, type OwnedProcess } from './attribution.ts'
import type { PodFacts } from './pods.ts'
import { netnsOf, statOf } from './process.ts'
import { containerId, inGroup, inNetworkOf, inOwnNetwork, needsPods, running, testPod } from './testing.ts'

beforeEach(needsPods)

const host = () => netnsOf(process.pid) as number
const netns = ({ pid }: { pid: number }) => ({ netns: netnsOf(pid) as number })

function ownerIn({ namespace, name: pod, uid, labels }: PodFacts, container: string | null): Owner {
  return { namespace, pod, uid, container, labels }
}

test('a process by its pid, an event without one by its network namespace', async () => {
  const [pod, other] = [testPod('one'), testPod('two')]
  const [first, second] = [await inGroup(pod.path), await inGroup(other.path)]
  await first.become(inOwnNetwork)
  await second.become(inOwnNetwork)
  const outside = await running(inNetworkOf(first))
  const attribution = new NodeAttribution({ pods: () => [pod, other] })
  expect(attribution.ownerOf({ pid: first.pid })).toEqual(ownerIn(pod, 'app'))
  expect(attribution.ownerOf({ pid: second.pid, ...netns(first) })).toEqual(ownerIn(other, 'app'))
  expect(attribution.ownerOf(netns(second))).toEqual(ownerIn(other, null))
  // The kernel's own work in a pod's namespace, and a process that came into it from outside.
  expect(attribution.ownerOf({ pid: 0, ...netns(first) })).toEqual(ownerIn(pod, null))
  expect(attribution.ownerOf({ pid: outside.pid, ...netns(outside) })).toEqual(ownerIn(pod, null))
  expect(attribution.ownerOf({ pid: process.pid, netns: host() })).toBeNull()
  expect(attribution.ownerOf({})).toBeNull()
  const found = new Map(attribution.processes().map((one) => [one.pid, one]))
  expect([...found.keys()].sort()).toEqual([first.pid, second.pid].sort())
  expect(found.get(first.pid)).toMatchObject({ command: 'sleep', parentPid: process.pid, owner: ownerIn(pod, 'app') })
  expect(found.get(second.pid)?.containerId).toBe(other.containers[0]?.id)
})

test('a pod with hostNetwork has its processes, and nothing else of its node', async () => {
  const pod = testPod('proxy', { hostNetwork: true })
  const process = await inGroup(pod.path)
  await process.become(['sleep', '600'])
  const attribution = new NodeAttribution({ pods: () => [pod] })
  expect(attribution.ownerOf({ pid: process.pid, netns: host() })?.pod).toBe('proxy')
  expect(attribution.ownerOf({ netns: host() })).toBeNull()
})

test('a process that is in its group and not yet in its namespace takes nothing of the node', async () => {
  const pod = testPod('starting')
  const process = await inGroup(pod.path)
  const attribution = new NodeAttribution({ pods: () => [pod] })
  attribution.refresh()
  expect(attribution.ownerOf({ pid: process.pid })?.pod).toBe('starting')
  expect(attribution.ownerOf({ netns: host() })).toBeNull()
})

test('a namespace is known as soon as the process is in it', async () => {
  const pod = testPod('started')
  const process = await inGroup(pod.path)
  const attribution = new NodeAttribution({ pods: () => [pod] })
  await process.become(inOwnNetwork)
  attribution.refresh()
  expect(attribution.ownerOf(netns(process))?.pod).toBe('started')
})

test('pods come late, go early, and change their labels', async () => {
  const pod = testPod('late', { containers: [], uid: 'd3b07384-d113-4ec2-a0b5-2f7ad3ef7b5c' })
  const id = containerId()
  const process = await inGroup(pod.path.replace('undefined', id))
  await process.become(inOwnNetwork)
  const { netns: namespace } = netns(process)
  let pods: PodFacts[] = []
  const attribution = new NodeAttribution({ pods: () => pods })
  expect(attribution.ownerOf({ pid: process.pid, netns: namespace })).toBeNull()
  // The API server knows a pod before it knows the ids of its containers.
  pods = [pod]
  attribution.refresh()
  expect(attribution.ownerOf({ pid: process.pid })).toEqual(ownerIn(pod, null))
  const labels = { app: 'late', version: '2' }
  pods = [{ ...pod, labels, containers: [{ name: 'server', id }] }]
  attribution.refresh()
  await process.end()
  pods = []
  attribution.refresh()
  expect(attribution.ownerOf({ pid: process.pid })).toEqual({ ...ownerIn(pod, 'server'), labels })
  expect(attribution.ownerOf({ netns: namespace })).toEqual({ ...ownerIn(pod, null), labels })
  expect(attribution.processes()).toEqual([])
})

test('a static pod, whose UID on the node is not that of the API server', async () => {
  const staticUid = randomBytes(16).toString('hex')
  const onNode = testPod('etcd', { uid: staticUid })
  const mirror = { ...onNode, uid: '11111111-2222-4333-8444-555555555555', staticUid, containers: [] }
  const process = await inGroup(onNode.path)
  const attribution = new NodeAttribution({ pods: () => [mirror] })
  expect(attribution.ownerOf({ pid: process.pid })).toEqual(ownerIn(mirror, null))
})

test('a pid that is used again is another process', { timeout: 60_000 }, async ({ skip }) => {
  const lastPid = '/proc/sys/kernel/ns_last_pid'
  if (!existsSync(lastPid)) skip('this kernel does not let anybody choose a pid: CONFIG_CHECKPOINT_RESTORE')
  const pod = testPod('gone')
  const process = await inGroup(pod.path)
  await process.become(inOwnNetwork)
  const attribution = new NodeAttribution({ pods: () => [pod] })
  await process.end()
  expect(attribution.ownerOf({ pid: process.pid })?.pod).toBe('gone')
  // Somebody else may get the number first, and is another process just as well.
  for (let attempt = 0; attempt < 100 && statOf(process.pid) === null; attempt++) {
    writeFileSync(lastPid, String(process.pid - 1))
    await running()
  }
  attribution.refresh()
  expect(attribution.ownerOf({ pid: process.pid })).toBeNull()
})

test('a pod that is a process has what it says, and what it starts', async () => {
  const owner: Owner = { namespace: 'arm', pod: 'http-echo', uid: null, container: null, labels: { app: 'http-echo' } }
  const process = await running()
  let owned: OwnedProcess[] = [{ pid: process.pid, startTime: statOf(process.pid)?.startTime ?? '', owner }]
  const attribution = new NodeAttribution({ processes: () => owned })
  expect(attribution.ownerOf({ pid: process.pid, netns: host() })).toEqual(owner)
  expect(attribution.ownerOf({ netns: host() })).toBeNull()
  expect(attribution.processes()).toMatchObject([{ pid: process.pid, command: 'sleep', owner, containerId: null }])
  owned = []
  await process.end()
  attribution.refresh()
  expect(attribution.ownerOf({ pid: process.pid })).toEqual(owner)
})
