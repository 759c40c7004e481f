import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import { bundleProgram } from '../../clusters/bundle.ts'
import type { Program } from '../../clusters/provider.ts'
import { test } from '../../clusters/testing.ts'
import { type WorkloadName, workloads } from '../../clusters/workloads/index.ts'
import type { TimelinePoint } from '../../reports/load-result.ts'
import { deployWorkload, loadOn, type ReadyArm } from '../experiment/arms.ts'
import { runAgents } from '../experiment/trial.ts'
import { type LoadInput, loadSchema } from '../load/input/index.ts'
import { decodeDistribution, toDistribution } from '../load/result/histogram.ts'
import { mergeResults } from '../load/result/merge.ts'
import type { LoadProgress } from '../load/result/progress.ts'
import { emptyRecorder } from '../load/result/recorder.ts'
import type { ProtocolName } from '../load/schemes.ts'
import { unixNow } from './begin.ts'
import { gather, readFleet } from './fleet.ts'
import { agentEntry, agentNodeArgs, runLoad } from './process.ts'
import { okReply, rawServer } from './testing.ts'
import { testAuthority, tlsServer } from './testing-tls.ts'

const arm = { namespace: 'fleet', client: {}, enrolled: { client: {} } }
const spec = (url: string, load: object = {}) => ({
  ...loadSchema.parse({ rate: 403, connections: 7, duration: '2s', warmUp: '1200ms', ...load }),
  url,
})

test('agents that make one load together begin at once, and their parts add up', async ({ cluster }) => {
  const agent: Program = {
    kind: 'node',
    file: await bundleProgram(agentEntry, cluster.ref.workDir),
    nodeArgs: agentNodeArgs,
  }
  const times: number[] = []
  await using server = await rawServer((socket) => {
    times.push(performance.now())
    socket.write(okReply)
  })
  const heard: LoadProgress[] = []
  const result = await runAgents(cluster, agent, arm, { ...spec(server.url), agents: 4 }, (one) => heard.push(one))
  expect(server.connections).toBe(7)
  // 2 s at 403 a second, dealt out one by one.
  expect(result).toMatchObject({ targetRate: 403, requests: 806, warmUpRequests: 483, errors: {} })
  expect(result.agents?.map(({ requests }) => requests)).toEqual([202, 202, 201, 201])
  expect(result.latency.count).toBe(806)
  expect(result.timeline.reduce((sum, { requests }) => sum + requests, 0)).toBe(806)
  expect(server.requests).toBe(806 + 483)
  // The phases of the agents interleave: no second of the load has more arrivals than the rate of all.
  expect((times.at(-1) as number) - (times[0] as number)).toBeLessThan(4500)
  expect(heard.map(({ phase }) => phase)).toContain('measured')
  expect(heard.every(({ p99Us }) => p99Us === null)).toBe(true)
})

test('what agents need to speak TLS goes with them, and their handshakes add up', async ({ cluster }) => {
  using authority = await testAuthority()
  const server = await authority.issue()
  const client = await authority.issue({ names: ['client'] })
  await using target = await tlsServer({ ...server, ca: authority.ca, requestCert: true })
  const file = await bundleProgram(agentEntry, cluster.ref.workDir)
  const tls = { caFile: authority.caFile, certFile: client.certFile, keyFile: client.keyFile }
  const load = { ...spec(target.url, { tls, rate: 100, duration: '500ms', warmUp: '0s' }), agents: 2 }
  const result = await runAgents(cluster, { kind: 'node', file, nodeArgs: agentNodeArgs }, arm, load, () => {})
  expect(result).toMatchObject({ requests: 50, errors: {}, connections: 7, handshakes: { full: 7, resumed: 0 } })
})

test('several agents make loads of every other protocol too', async ({ cluster }) => {
  const file = await bundleProgram(agentEntry, cluster.ref.workDir)
  const load = async (workload: WorkloadName, protocol: ProtocolName, own: LoadInput) => {
    const server = await deployWorkload(cluster, workload, `fleet-${protocol}`)
    const at = (name: string) => new URL(`http://${server.host}:${server.ports[name]}/`)
    const http = workloads[workload].readinessProbe.port
    const target = at(protocol in server.ports ? protocol : http)
    const usual = { protocol, connections: 4, duration: '1s', warmUp: '0s' }
    const spec = loadSchema.parse({ ...usual, ...(own.stream ? {} : { rate: 60 }), ...own })
    const on = loadOn({ target, httpTarget: at(http) } as ReadyArm, { ...spec, agents: 2 })
    const result = await runAgents(cluster, { kind: 'node', file, nodeArgs: agentNodeArgs }, arm, on, () => {})
    return { result, stats: JSON.parse((await server.get(http, '/stats')).body) }
  }
  const paced = { stream: { bitrate: '480kbit', segmentBytes: 1000 } }
  const [grpc, websocket, inference, udp, tcp] = await Promise.all([
    load('grpc-echo', 'grpc', { grpc: { method: 'meshmark.Echo/ServerStream', message: { count: 3 } } }),
    load('ws-echo', 'websocket', {}),
    load('inference', 'inference', { inference: { stream: true, tokens: 2 } }),
    load('stream-receiver', 'udp', paced),
    load('stream-receiver', 'tcp', paced),
  ])
  for (const { result } of [grpc, websocket, inference, udp, tcp]) {
    expect(result.errors).toEqual({})
    expect(result.requests + result.warmUpRequests - (result === inference.result ? 3 : 0)).toBe(60)
  }
  expect(grpc).toMatchObject({ stats: { requests: 60 }, result: { messages: 180, firstMessage: { count: 60 } } })
  expect(websocket).toMatchObject({ stats: { requests: 4, messages: 60 }, result: { connections: 4 } })
  // Each asks what the model is, and one of them what it answers.
  expect(inference).toMatchObject({ stats: { requests: 63, tokens: 122 }, result: { messages: 120 } })
  expect(udp).toMatchObject({ stats: { loads: 2 }, result: { stream: { datagrams: { sent: 60, received: 60 } } } })
  expect(tcp).toMatchObject({ stats: { loads: 2, strangers: 0 }, result: { stream: { streams: 4 } } })
})

test('an agent without a result fails the load, by name', async ({ cluster }) => {
  const agent: Program = {
    kind: 'node',
    file: await bundleProgram(agentEntry, cluster.ref.workDir),
    nodeArgs: agentNodeArgs,
  }
  const load = runAgents(cluster, agent, arm, { ...spec('http://nowhere.invalid/'), agents: 2 }, () => {})
  await expect(load).rejects.toMatchObject({ code: 'LOAD_FAILED' })
  await expect(load).rejects.toThrow(/load on http:\/\/nowhere.invalid\/: agent [12] of 2: /)
})

test('a merge is the sum of its parts, bucket by bucket', async () => {
  await using server = await rawServer((socket) => socket.write(okReply))
  const results = await Promise.all([1, 2].map(() => runLoad(spec(server.url, { rate: 200, warmUp: '0s' }))))
  const merged = mergeResults(results)
  const sum = emptyRecorder()
  for (const { latency } of results) sum.add(decodeDistribution(latency).counts)
  expect(decodeDistribution(merged.latency).counts).toEqual(sum.counts)
  expect(merged.bytesReceived).toBe(results.reduce((all, { bytesReceived }) => all + (bytesReceived ?? 0), 0))
  const [one] = results
  if (!one) throw new Error('no result')
  const strange = {
    ...one,
    validity: { valid: false, reasons: [{ code: 'rate_not_held', text: 'too slow' }] },
    busyShare: null,
    errors: { timeout: 3 },
  }
  expect(mergeResults([one, strange])).toMatchObject({
    busyShare: null,
    errors: { timeout: 3 },
    validity: { valid: false, reasons: [{ code: 'rate_not_held', text: 'agent 2 of 2: too slow' }] },
  })
})

test('what ended early, what the generators did and each second are merged too', async () => {
  await using server = await rawServer((socket) => socket.write(okReply))
  const load = spec(server.url, { rate: 100, warmUp: '0s', maxRequests: 40, histograms: true })
  const [one, other] = await Promise.all([runLoad(load), runLoad(load)])
  if (!one.generator || !other.generator) throw new Error('no result')
  const merged = mergeResults([one, { ...other, stopped: { by: 'p99Ms', why: 'slow', atMs: 7, highestRate: 5 } }])
  expect(merged.stopped).toEqual({ by: 'p99Ms', why: 'agent 2 of 2: slow', atMs: 7, highestRate: null })
  expect(merged.generator?.gcPauses).toBe(one.generator.gcPauses + other.generator.gcPauses)
  const [first] = merged.timeline
  expect(toDistribution(decodeDistribution({ histogram: first?.histogram ?? '' }))).toMatchObject({
    count: (one.timeline[0]?.requests ?? 0) + (other.timeline[0]?.requests ?? 0),
    p99Us: first?.p99Us,
  })
  const { histogram: _, ...bare } = other.timeline[0] as TimelinePoint
  const unknown = mergeResults([one, { ...other, timeline: [bare, ...other.timeline.slice(1)] }])
  expect(unknown.timeline[0]).toMatchObject({ p50Us: null, p99Us: null })
})

test('the beginning is a moment of the agents’ clock, known once all of them are ready', async () => {
  const fleet = readFleet(2, () => {})
  const ahead = 86_400_000
  const ready = (late: number) => JSON.stringify({ type: 'ready', unixMs: Date.now() + ahead - late })
  fleet.line(ready(700), 0)
  expect(await Promise.race([fleet.begin, 'not yet'])).toBe('not yet')
  fleet.line(ready(0), 1)
  const leadMs = Number(await fleet.begin) - ahead - Date.now()
  expect(leadMs).toBeGreaterThan(2900)
  expect(leadMs).toBeLessThan(3100)
})

test('agents that took long to start are given longer for the beginning to reach them', async () => {
  const gathering = gather(1)
  await sleep(300)
  gathering.join({ type: 'ready', unixMs: unixNow() })
  expect(gathering.leadMs(10)).toBeGreaterThan(140)
  expect(gathering.leadMs(700_000)).toBe(10_000)
})
