import { z } from 'zod'
import { notMeasured } from '../load/result/histogram.ts'
import { wholeSeconds } from './constraints.ts'
import { readJson, toolResult } from './result.ts'
import type { LoadTool } from './tool.ts'

const count = z.number().nonnegative()
const sum = z.object({ seconds: z.number().positive(), bytes: count, bits_per_second: count })
const datagrams = sum.extend({ packets: count, lost_packets: count, jitter_ms: z.number() })
const report = z.object({
  end: z.object({
    sum: datagrams.optional(),
    sum_sent: sum.optional(),
    sum_received: sum.extend({ packets: count.optional() }).optional(),
    streams: z.array(z.object({ udp: z.object({ out_of_order: count }).optional() })),
    cpu_utilization_percent: z.object({ host_total: z.number(), remote_total: z.number() }),
  }),
})

/** What iperf3 reports of a stream, in the sender's direction. What it did not measure is null. */
export interface StreamReading {
  durationMs: number
  sentBytes: number | null
  receivedBytes: number | null
  bitsPerSecond: number
  /** Of UDP. */
  datagrams: { sent: number; lost: number; outOfOrder: number; jitterMs: number } | null
  /** Of one core, 100 is all of it. */
  senderCpuPercent: number
  receiverCpuPercent: number
}

/** Reads `iperf3 -J`. Throws HarnessError LOAD_FAILED when there is no result in it. */
export function readStream(stdout: string): StreamReading {
  const { end } = readJson(report, stdout, 'iperf3')
  const { sum: udp, sum_sent: sent, sum_received: received, streams, cpu_utilization_percent: cpu } = end
  const outOfOrder = streams.reduce((total, stream) => total + (stream.udp?.out_of_order ?? 0), 0)
  const window = received ?? udp ?? sent
  return {
    durationMs: (window?.seconds ?? 0) * 1000,
    sentBytes: sent?.bytes ?? udp?.bytes ?? null,
    receivedBytes: received?.bytes ?? null,
    bitsPerSecond: window?.bits_per_second ?? 0,
    datagrams: udp ? { sent: udp.packets, lost: udp.lost_packets, outOfOrder, jitterMs: udp.jitter_ms } : null,
    senderCpuPercent: cpu.host_total,
    receiverCpuPercent: cpu.remote_total,
  }
}

const withoutReceiver = ({ receiver }: { receiver?: unknown }) =>
  receiver === undefined ? null : 'a stream without a receiver of ours: iperf3 needs its own server'

/** iperf3: streams of bytes or datagrams, from us to an iperf3 server. */
export const iperf3: LoadTool = {
  program: { title: 'iperf3', name: 'iperf3', versionArgs: ['--version'], answer: /^iperf (\S+)/ },
  remedy: 'apt-get install iperf3',
  protocols: ['tcp', 'udp'],
  follows: { duration: wholeSeconds, warmUp: wholeSeconds, stream: withoutReceiver },
  flags: {
    '--window': /^\d{1,9}[KMG]?$/,
    '--set-mss': /^\d{1,5}$/,
    '--congestion': /^[a-z]\w{0,30}$/,
    '--no-delay': null,
    '--zerocopy': null,
  },
  distortions: [
    'it needs a server of its own kind, whose count comes back over a connection beside the stream',
    'the loss of datagrams is what the receiver had not seen when the stream ended',
    'it counts no messages: only bytes, and datagrams in all',
  ],
  command({ url, protocol, connections, durationMs, stream = {}, toolArgs }) {
    const { bitsPerSecond, segmentBytes } = stream
    const { hostname, port } = new URL(url)
    const udp = protocol === 'udp' ? ['--udp', '--udp-counters-64bit'] : []
    // It takes the bit rate of one stream, and 0 for as fast as it goes.
    const limit = ['--bitrate', `${Math.round((bitsPerSecond ?? 0) / connections)}`]
    const length = segmentBytes === undefined ? [] : ['--length', `${segmentBytes}`]
    return {
      args: [
        ...['--client', hostname.replace(/^\[|\]$/g, ''), ...(port === '' ? [] : ['--port', port]), '--json'],
        ...['--time', `${durationMs / 1000}`, '--parallel', `${connections}`],
        ...[...udp, ...limit, ...length, ...toolArgs],
      ],
    }
  },
  parse({ stdout }, load) {
    const { durationMs, receivedBytes, datagrams } = readStream(stdout)
    const { sent, lost } = datagrams ?? { sent: 0, lost: 0 }
    return toolResult(load, {
      requests: sent,
      replies: sent - lost,
      errors: { lost },
      arrivedBytes: receivedBytes,
      serviceTime: notMeasured,
      bytesReceived: receivedBytes,
      durationMs,
    })
  },
}
