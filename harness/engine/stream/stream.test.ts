import { spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { streamReceiver } from '../../../clusters/workloads/stream-receiver.ts'
import { loadResultSchema } from '../../../reports/load-result.ts'
import { reasonTexts } from '../../../reports/reasons.ts'
import { runLoad } from '../../agent/process.ts'
import { type LoadInput, loadSchema } from '../../load/input/index.ts'
import type { TargetedPlan } from '../../load/plan.ts'
import type { LoadProgress } from '../../load/result/progress.ts'
import { planLoad } from '../../tools/plan.ts'

/** Ports that nobody has at the moment. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map((server) => once(server, 'listening')))
  const ports = servers.map((server) => (server.address() as AddressInfo).port)
  await Promise.all(servers.map((server) => once(server.close(), 'close')))
  return ports
}

async function startReceiver() {
  const [http, tcp, udp] = (await freePorts(3)) as [number, number, number]
  const child = spawn(process.execPath, [fileURLToPath(streamReceiver.entry)], {
    env: { ...process.env, HOST: '127.0.0.1', PORT_HTTP: `${http}`, PORT_TCP: `${tcp}`, PORT_UDP: `${udp}` },
    stdio: 'inherit',
  })
  const receiver = `http://127.0.0.1:${http}/`
  while (!(await fetch(receiver).catch(() => null))) await new Promise((resolve) => setTimeout(resolve, 20))
  return {
    kill: () => child.kill('SIGKILL'),
    spec(protocol: 'tcp' | 'udp', stream: LoadInput['stream'] = {}, load: LoadInput = {}): TargetedPlan {
      const url = `${protocol}://127.0.0.1:${protocol === 'tcp' ? tcp : udp}`
      const asked = {
        connections: 2,
        duration: '1s',
        warmUp: '200ms',
        ...load,
        protocol,
        stream: { receiver, ...stream },
      }
      return { ...loadSchema.parse(asked), url }
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill()
      await once(child, 'exit')
    },
  }
}

describe.concurrent('a load of streams', () => {
  test.for([
    ['udp', '8Mbit'],
    ['tcp', '8Mbit'],
    ['tcp', undefined],
  ] as const)('%s at %s: one that is interrupted has what arrived until then', async ([protocol, bitrate]) => {
    await using receiver = await startReceiver()
    const controller = new AbortController()
    const plan = receiver.spec(protocol, bitrate === undefined ? {} : { bitrate }, { duration: '60s' })
    const onProgress = ({ phase }: LoadProgress) => phase === 'measured' && controller.abort()
    const result = await runLoad(plan, { end: controller.signal, onProgress })
    expect(result.stopped?.by).toBe('interrupt')
    expect(result.durationMs).toBeLessThan(55_000)
    expect(result.busyShare).toBeGreaterThan(0)
    expect(result.requests).toBeGreaterThan(0)
    expect(result.stream?.bitsPerSecond).toBeGreaterThan(0)
  })

  test('UDP: every datagram is sent by the schedule and counted by the receiver', async () => {
    await using receiver = await startReceiver()
    const { stream, ...result } = await runLoad(receiver.spec('udp', { bitrate: '8Mbit', segmentBytes: 1000 }))
    expect(loadResultSchema.parse({ stream, ...result })).toBeTruthy()
    expect(stream).toMatchObject({ transport: 'udp', streams: 2, segmentBytes: 1000, targetBitsPerSecond: 8e6 })
    const { sent, received, lost, reordered, duplicate } = stream?.datagrams ?? {}
    expect({ sent, reordered, duplicate }).toEqual({ sent: 1000, reordered: 0, duplicate: 0 })
    expect((received ?? 0) + (lost ?? 0)).toBe(1000)
    expect(stream?.bytesReceived).toBe(1000 * (received ?? 0))
    expect(stream?.oneWayDelay?.count).toBe(received)
    expect(stream?.oneWayDelay?.p50Us).toBeGreaterThan(0)
    expect(stream?.jitterUs).toBeGreaterThan(0)
    expect(result).toMatchObject({ targetRate: 1000, requests: 1000, bytesReceived: null })
    // Those that are late at its end are never sent.
    expect(result.warmUpRequests).toBeLessThanOrEqual(200)
    expect(result.sendLag.count).toBe(1000)
    expect(result.latency).toMatchObject({ count: 0, p99Us: null })
    expect(result.timeline.reduce((sum, { requests }) => sum + requests, 0)).toBeGreaterThan(900)
  })

  test('TCP: as fast as it goes, by threads that share the streams', async () => {
    await using receiver = await startReceiver()
    const { stream, ...result } = await runLoad(receiver.spec('tcp', {}, { connections: 3, threads: 2 }))
    expect(result.validity).toEqual({ valid: true, reasons: [] })
    expect(stream).toMatchObject({ transport: 'tcp', streams: 3, segmentBytes: 131_072, targetBitsPerSecond: null })
    expect(stream?.bitsPerSecond).toBeGreaterThan(50e6)
    expect(result.requests).toBe(Math.floor((stream?.bytesReceived ?? 0) / 131_072))
    expect(result).toMatchObject({ targetRate: null, errors: {} })
    expect(stream).not.toHaveProperty('datagrams')
  })

  test('TCP at a rate keeps to it', async () => {
    await using receiver = await startReceiver()
    const spec = receiver.spec('tcp', { bitrate: '80Mbit', segmentBytes: 10_000 })
    const { stream, achievedRate, targetRate } = await runLoad(spec)
    expect(targetRate).toBe(1000)
    // On a busy machine some of the warm-up arrives after its end, or the end is late.
    expect(achievedRate).toBeGreaterThan(750)
    expect(achievedRate).toBeLessThan(1300)
    expect(stream?.bitsPerSecond).toBeCloseTo(achievedRate * 80_000, -6)
  })

  test('a rate that the machine does not hold stops early and tells the highest achieved', async () => {
    await using receiver = await startReceiver()
    const spec = receiver.spec('udp', { bitrate: '400Gbit', segmentBytes: 8000 }, { duration: '2m' })
    const began = performance.now()
    const { validity, stream } = await runLoad(spec)
    expect(performance.now() - began).toBeLessThan(60_000)
    expect(validity.valid).toBe(false)
    expect(reasonTexts(validity.reasons)).toMatch(
      /was not held: .+ of 400 Gbit\/s arrived .+ the highest achieved is .+bit\/s/,
    )
    expect(stream?.datagrams?.received).toBeGreaterThan(0)
  })

  test.for(['tcp', 'udp'] as const)('%s: a receiver that goes away is a failure that says so', async (protocol) => {
    await using receiver = await startReceiver()
    const spec = receiver.spec(protocol, { bitrate: '10Mbit', segmentBytes: 1000 }, { duration: '2m', warmUp: '0s' })
    const began = performance.now()
    const run = runLoad(spec, { onProgress: () => receiver.kill() })
    await expect(run).rejects.toMatchObject({
      code: 'LOAD_FAILED',
      message: expect.stringMatching(/no account of the streams from their receiver, GET http.*ECONNREFUSED/),
    })
    expect(performance.now() - began).toBeLessThan(60_000)
  })

  test('UDP that nobody listens for, and TCP, do not begin', async () => {
    await using receiver = await startReceiver()
    // A port that was free a moment ago may be somebody's by now; this one is nobody's.
    const port = 1
    const refused = async (protocol: 'udp' | 'tcp') => {
      const spec = receiver.spec(protocol, { bitrate: '10Mbit' }, { timeout: '1s' })
      await expect(runLoad({ ...spec, url: `${protocol}://127.0.0.1:${port}` })).rejects.toMatchObject({
        code: 'LOAD_FAILED',
        message: expect.stringMatching(/2 of 2 streams could not be opened: ECONNREFUSED/),
      })
    }
    await Promise.all([refused('udp'), refused('tcp')])
  })

  test('UDP that nobody answers does not begin', async () => {
    await using receiver = await startReceiver()
    const silent = createSocket('udp4').bind(0, '127.0.0.1')
    await once(silent, 'listening')
    const spec = { ...receiver.spec('udp', { bitrate: '10Mbit' }, { timeout: '500ms' }) }
    spec.url = `udp://127.0.0.1:${silent.address().port}`
    await expect(runLoad(spec)).rejects.toMatchObject({
      message: expect.stringContaining('could not be opened: no reply'),
    })
    silent.close()
  })

  test('without a receiver to ask there is no load', async () => {
    const [port] = await freePorts(1)
    const load = { protocol: 'udp', stream: { bitrate: '1Mbit', receiver: `http://127.0.0.1:${port}` } } as const
    await expect(runLoad({ ...loadSchema.parse(load), url: 'udp://127.0.0.1:9' })).rejects.toMatchObject({
      message: expect.stringMatching(/no account of the streams .*Is a stream-receiver there/),
    })
  })
})

test.for<[LoadInput, RegExp]>([
  [{ protocol: 'udp' }, /bitrate.*needed for UDP/],
  [{ protocol: 'udp', stream: { bitrate: '1Gbit', segmentBytes: 65_508 } }, /segmentBytes.*at most 65507/],
  [{ protocol: 'udp', stream: { bitrate: '1Gbit', segmentBytes: 20 } }, /segmentBytes.*at least 32/],
  [{ protocol: 'udp', stream: { bitrate: '1000Gbit', segmentBytes: 100 } }, /at most 10000000 segments a second/],
  [{ protocol: 'udp', stream: { bitrate: 'fast' } }, /bits a second with a unit/],
  [{ protocol: 'tcp', rate: 5 }, /rate.*none of a stream/],
  [{ protocol: 'tcp', maxRequests: 5 }, /maxRequests.*only where there are requests/],
  [{ protocol: 'tcp', arrivals: 'poisson' }, /arrivals.*constant/],
  [{ protocol: 'http', stream: {} }, /stream.*only with protocol tcp or udp/],
])('a load that cannot be is refused: %o', ([load, message]) => {
  const { error } = loadSchema.safeParse(load)
  expect(error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')).toMatch(message)
})

test('a URL of another protocol is refused', () => {
  expect(() => planLoad({}, 'tcp://127.0.0.1:1')).toThrow(
    expect.objectContaining({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('for http: http:// or https://'),
    }),
  )
})
