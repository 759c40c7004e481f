import { expect, test } from 'vitest'
import { bundleProgram } from '../../clusters/bundle.ts'
import { toolInPods } from '../../clusters/images/load-tools/availability.ts'
import type { Pod, Program } from '../../clusters/provider.ts'
import { sharedCluster } from '../../clusters/testing-kind.ts'
import type { WorkloadName } from '../../clusters/workloads/index.ts'
import type { LoadResult } from '../../reports/load-result.ts'
import type { Trial } from '../../reports/record.ts'
import { agentEntry, agentNodeArgs } from '../agent/process.ts'
import { type LoadInput, loadSchema } from '../load/input/index.ts'
import type { LoadToolName } from '../load/plan.ts'
import type { ProtocolName } from '../load/schemes.ts'
import { loadTools } from '../tools/index.ts'
import { deployWorkload } from './arms.ts'
import { measureArms } from './measure.ts'
import { profiles } from './profiles.ts'
import { parseExperiment } from './spec.ts'
import { quietContext } from './testing.ts'
import { runAgents } from './trial.ts'

const shared = sharedCluster('test-loads')

/** 300 requests, or segments of 1000 bytes, and before them 100 of a warm-up, which streams here have none of. */
async function load(server: Pod, protocol: ProtocolName, own: LoadInput = {}, agents = 1): Promise<LoadResult> {
  const { cluster } = shared
  const file = await bundleProgram(agentEntry, cluster.ref.workDir)
  const program: Program = { kind: 'node', file, nodeArgs: agentNodeArgs }
  const { namespace, host, ports } = server
  const port = ports[protocol] ?? ports.http
  const usual = { protocol, connections: 4, duration: '1500ms', warmUp: '500ms' }
  const spec = loadSchema.parse({ ...usual, ...(own.stream ? {} : { rate: 200 }), ...own })
  const scheme = { tcp: 'tcp', udp: 'udp', websocket: 'ws' }[protocol as string] ?? 'http'
  const url = `${scheme}://${host}:${port}/`
  const arm = { namespace, client: {}, enrolled: { client: {} } }
  return runAgents(cluster, program, arm, { ...spec, url, agents }, () => {})
}

test('every workload is loaded in its own protocol from pods, and has counted what was sent', {
  // What else runs on the machine may hold one of them up.
  retry: 1,
}, async (context) => {
  shared.needed(context)
  const deploy = (workload: WorkloadName) => deployWorkload(shared.cluster, workload, 'test-loads')
  const [grpc, websocket, inference, streams] = await Promise.all([
    deploy('grpc-echo'),
    deploy('ws-echo'),
    deploy('inference'),
    deploy('stream-receiver'),
  ])
  const call = { grpc: { method: 'meshmark.Echo/Unary', message: { size: 10 } } }
  const stream = { warmUp: '0s', stream: { bitrate: '1.6Mbit', segmentBytes: 1000 } }
  const [calls, echoes, inferences, datagrams, bytes] = await Promise.all([
    load(grpc, 'grpc', call, 2),
    load(websocket, 'websocket'),
    load(inference, 'inference', { rate: 40, inference: { batch: 2 } }),
    load(streams, 'udp', stream, 2),
    load(streams, 'tcp', stream),
  ])
  const stats = async (server: Pod, port = 'http') => JSON.parse((await server.get(port, '/stats')).body)

  for (const one of [calls, echoes]) expect(one).toMatchObject({ requests: 300, warmUpRequests: 100, errors: {} })
  for (const { agents } of [calls, datagrams]) expect(agents?.map(({ requests }) => requests)).toEqual([150, 150])
  expect(await stats(grpc, 'grpc')).toEqual({ requests: 400 })
  expect(await stats(websocket)).toEqual({ requests: 4, connections: 0, messages: 400 })
  // Two requests before the load: what the model is, and what it replies.
  expect(inferences).toMatchObject({ requests: 60, warmUpRequests: 20 + 2, errors: {} })
  expect(await stats(inference)).toEqual({ requests: 82, inferences: 2 * 81, tokens: 0 })
  // Each agent's streams have an account of their own.
  expect(await stats(streams)).toEqual({ loads: 3, strangers: 0 })
  expect(datagrams).toMatchObject({ requests: 300, warmUpRequests: 0, errors: {} })
  expect(datagrams.stream).toMatchObject({ bytesReceived: 300_000, datagrams: { sent: 300, received: 300 } })
  expect(datagrams.stream?.oneWayDelay?.count).toBe(300)
  // What arrived before the receiver reported for the first time belongs to the time before.
  expect(bytes.requests + bytes.warmUpRequests).toBe(300)
  expect(bytes.errors).toEqual({})
})

/** The one trial of an experiment whose load another tool makes. */
async function toolTrial(tool: LoadToolName): Promise<Trial | undefined> {
  const load = { tool, connections: 4, duration: '1s', warmUp: '0s' }
  const spec = parseExperiment({ arms: ['baseline'], workload: 'http-echo', load }, profiles.smoke, [])
  const { arms } = await measureArms({ ...spec, trials: 1 }, quietContext(shared.cluster))
  return arms[0]?.trials[0]
}

test('other load tools make their loads in pods, from an image with them', async (context) => {
  shared.needed(context)
  const names = ['fortio', 'wrk'] as const
  for (const name of names) {
    const here = await toolInPods(shared.ref, loadTools[name])
    if (!here.available) context.skip(`${here.reason}; ${here.remedy}`)
  }
  // Two experiments at once would bring it twice.
  await shared.cluster.bringImages?.([shared.ref.kube?.toolImage ?? ''])
  const trials = await Promise.all(names.map(toolTrial))
  for (const [i, trial] of trials.entries()) {
    const { load, evidence, validity } = trial ?? {}
    expect(validity).toEqual({ valid: true, reasons: [] })
    expect(load).toMatchObject({ errors: {}, serviceTime: { count: load?.requests, p99Us: expect.any(Number) } })
    expect(load?.tool?.command).toMatch(`/usr/local/bin/${names[i]} `)
    expect(load?.cpuUsPerRequest).toBeGreaterThan(1)
    // wrk leaves out what was under way at its end.
    const { requestsAtServer, requestsSent } = evidence?.facts ?? {}
    expect(Number(requestsAtServer) - Number(requestsSent)).toBeLessThanOrEqual(names[i] === 'wrk' ? 4 : 0)
  }
})
