import { beforeEach, expect, test, vi } from 'vitest'
import { kernelTasks, NestedAttribution } from './nested.ts'
import { netnsOf } from './process.ts'
import { inGroup, inOwnNetwork, needsPods, testPod } from './testing.ts'

beforeEach(needsPods)

test('a process is known by its number in the kernel, a network by its inode, and what is not of the node is elsewhere', async ({
  skip,
}) => {
  if (kernelTasks().length === 0) skip('no /sys/kernel/debug/sched: mount -t debugfs none /sys/kernel/debug')
  const [pod, other] = [testPod('one'), testPod('two')]
  const [first, ofOtherNode] = [await inGroup(pod.path, 'cpu'), await inGroup(other.path, 'cpu')]
  await first.become(inOwnNetwork)
  await ofOtherNode.become(inOwnNetwork)
  if (!kernelTasks().some(({ id, cgroup }) => id === first.pid && cgroup.endsWith(pod.path)))
    skip('the controller cpu is not on in new groups: echo +cpu > /sys/fs/cgroup/cgroup.subtree_control')
  const attribution = new NestedAttribution(() => [pod])
  const owner = { namespace: 'test', pod: 'one', uid: pod.uid, container: 'app', labels: { app: 'one' } }
  // The kernel lists core by core: a thread that moves to another meanwhile may be left out once.
  await vi.waitFor(() => {
    attribution.refresh()
    expect(attribution.isElsewhere({ pid: process.pid })).toBe(true)
    expect(attribution.isElsewhere({ pid: ofOtherNode.pid })).toBe(true)
  })
  const netns = netnsOf(first.pid) as number
  expect(attribution.ownerOf({ pid: first.pid, netns })).toEqual(owner)
  expect(attribution.ownerOf({ netns })).toEqual({ ...owner, container: null })
  expect(attribution.isElsewhere({ pid: first.pid })).toBe(false)
  for (const source of [{ pid: process.pid }, { pid: ofOtherNode.pid }, { netns: 1 }]) {
    expect(attribution.ownerOf(source)).toBeNull()
    expect(attribution.isElsewhere(source)).toBe(true)
  }
  expect(attribution.isElsewhere({ pid: 2 ** 22 })).toBe(false)
})
