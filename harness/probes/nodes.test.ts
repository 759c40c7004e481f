import { expect, test } from 'vitest'
import type { Conversation } from '../../clusters/kubernetes/conversation.ts'
import type { Measured, Owner } from '../../ebpf/probe.ts'
import { NodeWatch } from './node-watch.ts'
import { NodesAttribution, ofAllNodes } from './nodes-attribution.ts'

const owner = (pod: string): Owner => ({ namespace: 'test', pod, uid: pod, container: 'app', labels: {} })

function reading(count: number): Measured {
  const series = [{ source: { pid: 7, netns: 4_026_531_833 }, kind: 'server', count, sum: null, buckets: [] }]
  const cost = { runTimeMs: 1, runs: count }
  return {
    ...{ probe: 'requests', unit: 'us' as const, seconds: count, series, cost },
    ...{ missedEvents: 1, lostEvents: 2, failedUpdates: 3, bpftraceMs: 4 },
  }
}

test('the same numbers on two nodes are two processes, and what both saw is added up', () => {
  const attribution = new NodesAttribution()
  const readings = [reading(1), reading(2)]
  for (const [node, pod] of ['first', 'second'].entries())
    attribution.learn(node, { readings, processes: [[7, owner(pod)]], networks: [[4_026_531_833, 'elsewhere']] })
  const both = ofAllNodes('requests', ['a', 'b'], readings) as Measured
  expect(both).toMatchObject({ seconds: 2, missedEvents: 2, lostEvents: 4, failedUpdates: 6, bpftraceMs: 8 })
  expect(both.cost).toEqual({ runTimeMs: 2, runs: 3 })
  expect(both.series.map(({ source, count }) => [attribution.ownerOf(source)?.pod, count])).toEqual([
    ['first', 1],
    ['second', 2],
  ])
  const { netns = 0 } = both.series[1]?.source ?? {}
  expect(attribution.isElsewhere({ netns })).toBe(true)
  expect(attribution.isElsewhere(both.series[1]?.source ?? {})).toBe(false)
  expect([attribution.ownerOf({ pid: 8 }), attribution.isElsewhere({ pid: 8 })]).toEqual([null, false])
  // Half of the events would be missing.
  expect(
    ofAllNodes('requests', ['a', 'b'], [reading(1), { probe: 'requests', series: null, reason: 'it died' }]),
  ).toEqual({
    ...{ probe: 'requests', series: null, reason: 'on b: it died' },
  })
})

test('a program on a node that ends has no more readings, and its last words are the reason', async () => {
  await using stack = new AsyncDisposableStack()
  const { promise: ended, resolve } = Promise.withResolvers<string>()
  const said: string[] = []
  const pod = {
    node: 'a',
    run: () => Promise.reject(new Error('not asked for')),
    async converse(_: readonly string[], onLine: (line: string) => void): Promise<Conversation> {
      setImmediate(() => onLine('{"failed":[{"probe":"rtt","reason":"no","remedy":"none"}]}'))
      const say = (line: string) => {
        said.push(line)
        if (line.includes('read')) onLine('{"readings":[],"processes":[],"networks":[]}')
      }
      return { say, ended, async [Symbol.asyncDispose]() {} }
    },
  }
  const watch = await NodeWatch.open(pod, ['rtt'], stack)
  expect(watch.failed).toEqual([{ probe: 'rtt', reason: 'on a: no', remedy: 'none' }])
  const facts = { namespace: 'test', name: 'one', uid: '1', labels: {}, hostNetwork: false, containers: [] }
  for (const pods of [[facts], [facts], []]) watch.tell(pods)
  expect(said.map((line) => JSON.parse(line).pods)).toEqual([[facts], [], []])
  expect(await watch.read()).toMatchObject({ readings: [] })
  resolve('exit code 137: out of memory')
  await ended
  expect(await watch.read()).toEqual({ reason: 'exit code 137: out of memory' })
})
