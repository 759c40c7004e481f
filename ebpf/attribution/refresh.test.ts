import { expect, test, vi } from 'vitest'
import { NodeAttribution } from './attribution.ts'
import { netnsOf } from './process.ts'
import { keepFresh } from './refresh.ts'
import { inGroup, inOwnNetwork, needsPods, testPod } from './testing.ts'

test('pods that come and go while it runs are known at the end, and what that took', async (context) => {
  needsPods(context)
  const pods = [testPod('first')]
  const attribution = new NodeAttribution({ pods: () => pods })
  const refreshing = keepFresh(attribution)
  const seen: { pid: number; netns: number }[] = []
  for (const pod of [...pods, testPod('second')]) {
    if (!pods.includes(pod)) pods.push(pod)
    const process = await inGroup(pod.path)
    await process.become(inOwnNetwork)
    seen.push({ pid: process.pid, netns: netnsOf(process.pid) as number })
    await vi.waitFor(() => expect(attribution.ownerOf({ pid: process.pid })).not.toBeNull(), { timeout: 20_000 })
    if (pod === pods[0]) await process.end()
  }
  refreshing[Symbol.dispose]()
  expect(seen.map(({ pid }) => attribution.ownerOf({ pid })?.pod)).toEqual(['first', 'second'])
  expect(seen.map(({ netns }) => attribution.ownerOf({ netns })?.pod)).toContain('second')
  const cost = refreshing.cost()
  expect(cost.refreshes).toBeGreaterThan(2)
  expect(cost.longestCpuMs).toBeGreaterThan(0)
  expect(cost.cpuMs).toBeGreaterThanOrEqual(cost.longestCpuMs)
  await new Promise((resolve) => setTimeout(resolve, 600))
  expect(refreshing.cost()).toEqual(cost)
})
