import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect } from 'node:net'
import { decodeFromCompressedBase64 } from 'hdr-histogram-js'
import { expect, vi } from 'vitest'
import { bundleProgram } from '../bundle.ts'
import type { Cluster, Pod } from '../provider.ts'
import { test } from '../testing.ts'
import { monotonicNs } from './clock.ts'
import { streamReceiver } from './stream-receiver.ts'
import { datagramKinds, type StreamAccount, segmentHeader } from './stream-wire.ts'

async function deploy(cluster: Cluster): Promise<Pod> {
  const { entry, ports, udpPorts = [], readinessProbe } = streamReceiver
  const file = await bundleProgram(entry, cluster.ref.workDir)
  return cluster.deploy({
    name: 'receiver',
    namespace: 'streams',
    role: 'app',
    program: () => ({ kind: 'node', file }),
    ...{ ports, udpPorts },
    readinessProbe: { ...readinessProbe, timeoutMs: 20_000 },
  })
}

interface Sent {
  load: number
  stream?: number
  kind?: number
  sequence?: number
  sentNs?: number
}

function segment({
  load,
  stream = 0,
  kind = datagramKinds.measured,
  sequence = 0,
  sentNs = monotonicNs(),
}: Sent): Buffer {
  const bytes = Buffer.alloc(100)
  const { offset } = segmentHeader
  bytes.writeUInt32LE(segmentHeader.magic, offset.magic)
  bytes.writeUInt32LE(load, offset.load)
  bytes.writeUInt32LE(stream, offset.stream)
  bytes.writeUInt32LE(kind, offset.kind)
  bytes.writeDoubleLE(sequence, offset.sequence)
  bytes.writeDoubleLE(sentNs, offset.sentNs)
  return bytes
}

const accountOf = async (pod: Pod, load: number, query = ''): Promise<StreamAccount> =>
  JSON.parse((await pod.get('http', `/streams/${load}${query}`)).body)

async function socketTo(pod: Pod) {
  const socket = createSocket('udp4')
  socket.connect(pod.ports.udp as number, pod.host)
  await once(socket, 'connect')
  return Object.assign(socket, { [Symbol.dispose]: () => void socket.close() })
}

test('it counts what is lost, late and there twice, stream by stream and part by part', async ({ cluster }) => {
  const pod = await deploy(cluster)
  using socket = await socketTo(pod)
  for (const sequence of [0, 1, 3, 2, 3, 5, 5]) socket.send(segment({ load: 7, sequence }))
  socket.send(segment({ load: 7, stream: 1, sequence: 0 }))
  socket.send(segment({ load: 7, kind: datagramKinds.warmUp, sequence: 0 }))
  socket.send(segment({ load: 8, sequence: 0 }))
  socket.send(Buffer.from('what is this'))
  const { udp } = await vi.waitUntil(async () => {
    const account = await accountOf(pod, 7)
    return account.udp.measured.received === 6 && account.udp.warmUp.received === 1 ? account : false
  })
  expect(udp.measured).toMatchObject({ received: 6, reordered: 1, duplicate: 2, bytes: 600 })
  expect(udp.receiveBufferBytes).toBeGreaterThan(0)
  expect(JSON.parse((await pod.get('http', '/stats')).body)).toEqual({ loads: 2, strangers: 1 })
})

test('jitter is that of RFC 3550, averaged, and delays are from send to receipt', async ({ cluster }) => {
  const pod = await deploy(cluster)
  using socket = await socketTo(pod)
  const delaysMs = [100, 110, 100, 110, 100, 110]
  for (const [sequence, delayMs] of delaysMs.entries())
    socket.send(segment({ load: 1, sequence, sentNs: monotonicNs() - delayMs * 1e6 }))
  const { udp } = await vi.waitUntil(async () => {
    const account = await accountOf(pod, 1, '?delays')
    return account.udp.measured.received === delaysMs.length ? account : false
  })
  let jitter = 0
  const expected = delaysMs.slice(1).map(() => (jitter += (10 - jitter) / 16))
  const meanUs = (1000 * expected.reduce((sum, one) => sum + one, 0)) / expected.length
  // What the machine adds comes to a few milliseconds when it is busy.
  expect(Math.abs((udp.measured.jitterUs ?? 0) - meanUs)).toBeLessThan(3000)
  const delays = decodeFromCompressedBase64(udp.measured.delays ?? '')
  expect(delays.totalCount).toBe(delaysMs.length)
  expect(delays.minNonZeroValue / 1e6).toBeGreaterThanOrEqual(99.9)
  expect(delays.minNonZeroValue / 1e6).toBeLessThan(200)
})

test('a TCP connection counts for the load that its first bytes name, however they come', async ({ cluster }) => {
  const pod = await deploy(cluster)
  const socket = connect(pod.ports.tcp as number, pod.host)
  const bytes = segment({ load: 9 })
  for (const part of [bytes.subarray(0, 5), bytes.subarray(5, 40), bytes.subarray(40)]) {
    socket.write(part)
    await new Promise((resolve) => setTimeout(resolve, 30))
  }
  const stranger = connect(pod.ports.tcp as number, pod.host)
  stranger.write('GET / HTTP/1.1\r\nHost: stream-receiver\r\n\r\n')
  await once(stranger, 'close')
  const { tcp, clock } = await accountOf(pod, 9)
  expect(tcp).toEqual({ connections: 1, bytes: 100, lastNs: expect.any(Number) })
  expect(clock === null || clock.length > 36).toBe(true)
  socket.destroy()
})

test('a hello comes back, a load of nothing has an account of nothing', async ({ cluster }) => {
  const pod = await deploy(cluster)
  using socket = await socketTo(pod)
  const hello = segment({ load: 3, kind: datagramKinds.hello })
  socket.send(hello)
  expect((await once(socket, 'message'))[0]).toEqual(hello)
  expect((await accountOf(pod, 4)).udp.measured).toEqual({
    ...{ received: 0, bytes: 0, reordered: 0, duplicate: 0 },
    ...{ firstNs: null, lastNs: null, jitterUs: null },
  })
  expect((await pod.get('http', '/streams/x')).status).toBe(404)
})
