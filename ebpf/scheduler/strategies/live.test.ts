import { expect, test, vi } from 'vitest'
import { sleeper, TestPods, testPod } from '../testing.ts'
import { LiveStrategies } from './live.ts'
import type { Resolution } from './resolve.ts'
import { parseStrategies } from './strategy.ts'

/** Strategies over pods, and the last resolution that was heard. */
function follow(pods: TestPods, ...strategies: unknown[]) {
  let heard: Resolution = { assignments: [], statuses: [] }
  const live = new LiveStrategies(pods, (resolution) => {
    heard = resolution
  })
  live.set(parseStrategies({ strategies }))
  return Object.assign(live, {
    heard: () => heard,
    pids: () => heard.assignments.map(({ pid, strategy }) => [pid, strategy]),
  })
}

const process = (pid: number, command = 'web') => ({ pid, startTime: String(pid), command })
const upf = { selectors: [{ key: 'nf', value: 'upf' }], priority: true }

test('labels lead to processes, the command chooses among them, and the last strategy counts', () => {
  const pods = new TestPods([
    testPod('a', 'nf=upf', process(1), process(2, 'proxy')),
    testPod('b', 'nf=amf', process(3)),
  ])
  using live = follow(pods, upf, { selector: 'nf in (upf,amf)', command_regex: '^prox', priority: 3 })
  expect(live.pids()).toEqual([
    [1, 0],
    [2, 1],
  ])
  expect(live.heard().statuses.map(({ state, processes }) => [state, processes])).toEqual([
    ['active', 2],
    ['active', 1],
  ])
  expect(live.heard().assignments.map(({ pod }) => pod?.whole)).toEqual([false, false])
})

test('a change of labels, pods or processes takes effect within a second', async () => {
  const pods = new TestPods([testPod('a', 'nf=amf', process(1))])
  using live = follow(pods, upf)
  expect(live.heard().statuses).toEqual([
    { state: 'waiting', reason: 'no pod of 1 here has these labels yet', processes: 0 },
  ])
  for (const [labels, pids] of [
    ['nf=upf', [1]],
    ['nf=upf', [1, 4]],
    ['nf=other', []],
  ] as const) {
    pods.change([testPod('a', labels, ...(pids.length > 0 ? pids : [1]).map((pid) => process(pid)))])
    await vi.waitFor(() => expect(live.pids()).toEqual(pids.map((pid) => [pid, 0])), { timeout: 1000, interval: 10 })
  }
})

test('what waits says for what', () => {
  const pods = new TestPods([testPod('a', 'nf=upf', process(1))])
  using live = follow(pods, { ...upf, namespaces: ['other'] }, { ...upf, command_regex: '^x$' }, { pid: 4_294_967_295 })
  expect(live.heard().statuses.map(({ reason }) => reason)).toEqual([
    'no pod with these labels is in other yet',
    'no pod of 1 with these labels has a process that matches ^x$ yet',
    'there was no process 4294967295 when it was set; one that comes later is not meant',
  ])
})

test('a pid means the process that had it when the strategy was set', async ({ skip }) => {
  if (globalThis.process.platform !== 'linux') skip('there is no /proc here')
  const child = sleeper()
  const pods = new TestPods()
  using live = follow(pods, { pid: child.pid }, { pid: child.pid, command_regex: 'other' })
  expect(live.pids()).toEqual([[child.pid, 0]])
  expect(live.heard().statuses[1]?.reason).toBe(`the command of process ${child.pid} (sleep) does not match other`)
  globalThis.process.kill(child.pid, 'SIGKILL')
  await vi.waitFor(() => expect(live.resolve().assignments).toEqual([]))
  expect(live.resolve().statuses[0]?.reason).toContain('has ended; one that gets its number is not meant')
})

test('10,000 processes are resolved in less than a second', () => {
  const many = Array.from({ length: 100 }, (_, pod) =>
    testPod(`p${pod}`, 'nf=upf', ...Array.from({ length: 100 }, (_, i) => process(1 + pod * 100 + i, `worker ${i}`))),
  )
  using live = follow(
    new TestPods(many),
    { ...upf, command_regex: '^worker (\\d+)+$' },
    { ...upf, command_regex: '7$' },
  )
  const startMs = performance.now()
  const { assignments, statuses } = live.resolve()
  expect(performance.now() - startMs).toBeLessThan(1000)
  expect([assignments.length, ...statuses.map(({ processes }) => processes)]).toEqual([10_000, 10_000, 1000])
})

test('nobody is heard after the end', async () => {
  const pods = new TestPods()
  const live = follow(pods, upf)
  live[Symbol.dispose]()
  pods.change([testPod('a', 'nf=upf', process(1))])
  await new Promise((resolve) => setTimeout(resolve, 200))
  expect(live.pids()).toEqual([])
})
