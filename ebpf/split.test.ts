import { expect, test } from 'vitest'
import { type Hop, hopOf, splitServiceTime } from './split.ts'

const none = { servedUs: null, calledUs: null, readsPerRequest: 1 }
const unqueued = { requestQueuedUs: null, requestQueuedForCpuUs: null, replyQueuedUs: null, replyQueuedForCpuUs: null }
const client: Hop = {
  name: 'client',
  requests: 1000,
  ...none,
  ...unqueued,
  calledUs: 1000,
  replyQueuedUs: 30,
  replyQueuedForCpuUs: 10,
}
const proxy: Hop = {
  ...{ name: 'proxy', requests: 1001, readsPerRequest: 1, servedUs: 800, calledUs: 500 },
  ...{ requestQueuedUs: 100, requestQueuedForCpuUs: 60, replyQueuedUs: 40, replyQueuedForCpuUs: 40 },
}
const app: Hop = {
  name: 'app',
  requests: 999,
  ...none,
  ...unqueued,
  servedUs: 350,
  requestQueuedUs: 50,
  requestQueuedForCpuUs: 0,
}

test('queueing before each process, time in it, and the network between add up to the service time', () => {
  const split = splitServiceTime(1020, [client, proxy, app])
  expect(split).toEqual({
    parts: [
      { kind: 'queueing', at: 'client', us: 30, forCpuUs: 10 },
      { kind: 'network', from: 'client', to: 'proxy', us: 70 },
      { kind: 'queueing', at: 'proxy', us: 140, forCpuUs: 100 },
      { kind: 'time', at: 'proxy', us: 300 },
      { kind: 'network', from: 'proxy', to: 'app', us: 60 },
      { kind: 'queueing', at: 'app', us: 50, forCpuUs: 0 },
      { kind: 'time', at: 'app', us: 350 },
    ],
    unattributedUs: 20,
    addsUp: true,
  })
})

test('what the kernel did not see is unattributed, and named as soon as it is more than 5 %', () => {
  expect(splitServiceTime(1100, [client, proxy, app])).toMatchObject({ unattributedUs: 100, addsUp: false })
  expect(splitServiceTime(900, [client, proxy, app])).toMatchObject({ unattributedUs: -100, addsUp: false })
})

test('a part a little below zero is noise, and the sum still holds', () => {
  const slow = { ...app, servedUs: 430 }
  const split = splitServiceTime(1000, [client, proxy, slow])
  if (split.parts === null) throw new Error(split.reason)
  expect(split.parts).toContainEqual({ kind: 'network', from: 'proxy', to: 'app', us: 0 })
  expect(split.parts.reduce((sum, { us }) => sum + us, split.unattributedUs)).toBeCloseTo(1000)
})

test.for([
  [
    'a hop saw other requests',
    [client, { ...proxy, requests: 2000 }, app],
    'proxy saw 2000 requests where client sent 1000',
  ],
  ['a hop was not seen', [client, { ...proxy, servedUs: null }, app], 'nothing is known of proxy: requests it served'],
  [
    'nobody read a reply',
    [{ ...client, replyQueuedUs: null }, app],
    'nothing is known of client: replies that arrived',
  ],
  ['nobody is there', [client], 'a way has a client and at least one server'],
  [
    'a part far below zero',
    [client, proxy, { ...app, servedUs: 700 }],
    /^the network from proxy to app comes out at -290\.0 µs/,
  ],
] as [string, Hop[], string | RegExp][])('no split where %s', ([, hops, reason]) => {
  expect(splitServiceTime(1000, hops)).toEqual({
    parts: null,
    reason: typeof reason === 'string' ? reason : expect.stringMatching(reason),
  })
})

test('a hop comes from the readings of one container', () => {
  const series = (kind: string, count: number, sum: number) => ({
    kind,
    count,
    sum,
    buckets: [{ min: 0, max: 1, count }],
  })
  const requests = [series('server', 2, 800), series('client', 2, 400), series('server', 2, 1200)]
  const arrival = [
    series('server', 4, 80),
    series('server-cpu', 4, 40),
    series('client', 2, 10),
    series('client-cpu', 2, 0),
  ]
  expect(hopOf('proxy', requests, arrival)).toEqual({
    ...{ readsPerRequest: 1, name: 'proxy', requests: 4, servedUs: 500, calledUs: 200 },
    ...{ requestQueuedUs: 20, requestQueuedForCpuUs: 10, replyQueuedUs: 5, replyQueuedForCpuUs: 0 },
  })
  expect(hopOf('gone', [], [])).toMatchObject({ requests: 0, servedUs: null, requestQueuedUs: null })
})

test('where a request is read in parts, nobody knows how long all of it lay unread', () => {
  const large = { ...app, readsPerRequest: 2.2 }
  expect(splitServiceTime(1050, [client, proxy, large])).toEqual({
    parts: null,
    reason: 'app reads a request, or its reply, in 2.2 parts: only of one it is known how long it lay unread',
  })
  const series = (kind: string, count: number) => ({ kind, count, sum: count, buckets: [] })
  expect(hopOf('app', [series('server', 10)], [series('server', 22)]).readsPerRequest).toBe(2.2)
})
