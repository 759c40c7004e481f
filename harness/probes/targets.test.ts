import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { execa } from 'execa'
import { expect, onTestFinished, vi } from 'vitest'
import { inlineProgram, test } from '../../clusters/testing.ts'
import type { EventSource, Measured } from '../../ebpf/probe.ts'
import { attribute } from '../attribution/attribution.ts'
import { attachProbe } from './attach.ts'
import type { Selection } from './selection.ts'
import { targetText } from './target-text.ts'
import { chosenPods, oneProcess, wholeMachine } from './targets.ts'

const everything: Selection = { namespace: null, selector: null }
const inTest: Selection = { ...everything, namespace: 'test' }
const server = `
  require('node:http').createServer((request, response) => response.end(String(process.pid)))
    .listen(process.env.PORT_HTTP, process.env.HOST)`

const linux = (skip: (why: string) => void) => {
  if (process.platform !== 'linux') skip('there is no /proc here: run it on Linux')
}

/** A reading of one event of each source. */
function seen(...sources: EventSource[]): Measured {
  const series = sources.map((source) => ({
    source,
    kind: 'server',
    count: 1,
    sum: 3,
    buckets: [{ min: 2, max: 4, count: 1 }],
  }))
  return {
    ...{
      probe: 'requests',
      unit: 'us',
      seconds: 1,
      series,
      missedEvents: 0,
      lostEvents: 0,
      failedUpdates: 0,
      ...{ cost: null, bpftraceMs: null },
    },
  }
}

const noSuch = 4_194_303

test('a process is watched until it ends; a thread, or a number that nobody has, is refused', async ({ skip }) => {
  linux(skip)
  const child = execa('sleep', ['600'], { reject: false })
  onTestFinished(() => void child.kill())
  await vi.waitFor(() => expect(() => oneProcess(child.pid as number)[Symbol.dispose]()).not.toThrow())
  using target = oneProcess(child.pid as number)
  expect(targetText(target.name)).toMatch(new RegExp(`^process ${child.pid} \\(`))
  expect(target.source).toEqual({ pid: child.pid })
  expect(target.ended()).toBe(false)
  child.kill()
  await child
  expect(target.ended()).toBe(true)
  expect(() => oneProcess(noSuch)).toThrow(/^there is no process 4194303$/)
  const thread = readdirSync('/proc/self/task').find((id) => Number(id) !== process.pid)
  expect(() => oneProcess(Number(thread))).toThrow(
    `there is no process ${thread}: it is a thread of process ${process.pid}`,
  )
})

test('what the machine does has the names of its processes, once they have ended too', async ({ skip }) => {
  linux(skip)
  using target = wholeMachine()
  const child = execa('sh', ['-c', 'echo ready; read -r _'], { reject: false, stdin: 'pipe' })
  await once(createInterface(child.stdout), 'line')
  const pid = child.pid as number
  target.account(seen())
  child.stdin.end('\n')
  await child
  const { series, unattributed } = target.account(
    seen(
      { pid, netns: 1 },
      { pid, netns: 2 },
      { pid: process.pid, netns: 1 },
      { pid: noSuch, netns: 1 },
      { netns: 7 },
      {},
    ),
  )
  const names = series.map(({ pid, command, netns, count }) => ({ pid, command, netns, count }))
  expect(names[0]).toEqual({ pid, command: 'sh', netns: null, count: 2 })
  expect(names.slice(1)).toEqual([
    { pid: process.pid, command: expect.stringMatching(/^node/), netns: null, count: 1 },
    { pid: noSuch, command: null, netns: null, count: 1 },
    { pid: null, command: null, netns: 7, count: 1 },
    { pid: null, command: null, netns: null, count: 1 },
  ])
  expect(unattributed).toBeNull()
})

test('of chosen pods there is nobody else in it, and only what nobody knows is unattributed', async ({
  cluster,
  skip,
}) => {
  linux(skip)
  const pods = await Promise.all(['echo', 'other'].map((name) => cluster.deploy(inlineProgram(name, server))))
  const [echo = 0, other = 0] = await Promise.all(pods.map(async (pod) => Number((await pod.get('http', '/')).body)))
  const selector = { text: 'app=echo', requirements: [{ key: 'app', operator: 'In' as const, values: ['echo'] }] }
  using target = await chosenPods(await attribute(cluster), { ...inTest, selector }, { cluster: 'local', waitMs: 0 })
  expect(targetText(target.name)).toBe('pods with app=echo in namespace test of local')
  const { series, unattributed } = target.account(
    seen({ pid: echo }, { pid: other }, { pid: process.pid }, { pid: noSuch }, { netns: 7 }, {}),
  )
  expect(series).toEqual([
    {
      ...{
        namespace: 'test',
        pod: 'echo',
        uid: null,
        container: null,
        labels: expect.objectContaining({ app: 'echo' }),
      },
      ...{
        kind: 'server',
        count: 1,
        sumUs: 3,
        meanUs: 3,
        p50Us: 3,
        p90Us: expect.closeTo(3.8),
        p99Us: expect.closeTo(3.98),
      },
      buckets: [{ minUs: 2, maxUs: 4, count: 1 }],
    },
  ])
  expect(unattributed).toEqual({ events: 2, share: 2 / 5 })
})

test('pods that are not there are refused with those that are, or waited for', async ({ cluster, skip }) => {
  linux(skip)
  const choose = async (waitMs: number, selection = everything) =>
    chosenPods(await attribute(cluster), selection, { cluster: 'local', waitMs })
  await expect(choose(0)).rejects.toThrow('cluster local has no pods')
  await expect(choose(300)).rejects.toMatchObject({ code: 'CONFIG_UNKNOWN' })
  const waiting = choose(20_000, inTest)
  await cluster.deploy(inlineProgram('late', server))
  using target = await waiting
  expect(target.ended()).toBe(false)
  await expect(choose(0, { ...everything, namespace: 'shop' })).rejects.toThrow(
    /^cluster local has no pods in namespace shop; namespaces with pods:\n {2}test \(1\)$/,
  )
})

test('what a probe can say nothing of is refused', async ({ cluster, skip }) => {
  linux(skip)
  const mine = () => oneProcess(process.pid)
  await expect(attachProbe('drops', mine())).rejects.toThrow(
    /^probe drops says nothing of one process: its events belong to network namespaces$/,
  )
  await expect(attachProbe('softirq', mine())).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
  await cluster.deploy(inlineProgram('echo', server))
  const pods = async () => chosenPods(await attribute(cluster), everything, { cluster: 'local', waitMs: 0 })
  await expect(attachProbe('softirq', await pods())).rejects.toThrow(
    /says nothing of pods: its events belong to nobody/,
  )
  await expect(attachProbe('drops', await pods())).rejects.toThrow(/pods on local share that of the machine/)
})
