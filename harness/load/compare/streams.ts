import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import { bundleProgram } from '../../../clusters/bundle.ts'
import { streamReceiver } from '../../../clusters/workloads/stream-receiver.ts'
import { agentEntry, agentNodeArgs, readAgent } from '../run.ts'
import { loadSchema } from '../spec.ts'

/** UDP from one core to another, over loopback. */
export interface StreamJob {
  segmentBytes: number
  /** What is sent; null: as much as goes. */
  bitsPerSecond: number | null
  seconds: number
  senderCore: number
  receiverCore: number
  signal: AbortSignal
}

/** What arrived at the receiver, and which share of the datagrams did not. */
export interface StreamReached {
  bitsPerSecond: number
  lossRate: number
}

export interface StreamClient {
  /** What must be on the machine, and how to get it; null when nothing is missing. */
  missing(): Promise<{ reason: string; remedy: string } | null>
  run(job: StreamJob): Promise<StreamReached>
}

/** More than any machine sends, so that the sender stops and tells what it reached. */
const beyondReach = 100e9
const host = '127.0.0.1'

/** Senders and receivers of UDP streams, beside each other on the same two cores. */
export const streamClients = {
  meshmark: {
    missing: async () => null,
    async run({ segmentBytes, bitsPerSecond, seconds, senderCore, receiverCore, signal }) {
      await using receiver = await startReceiver(receiverCore, signal)
      const load = loadSchema.parse({
        protocol: 'udp',
        connections: 1,
        duration: `${seconds}s`,
        stream: { bitrate: `${(bitsPerSecond ?? beyondReach) / 1e9}Gbit`, segmentBytes, receiver: receiver.account },
      })
      const agent = ['-c', `${senderCore}`, process.execPath, ...agentNodeArgs, fileURLToPath(agentEntry)]
      const input = JSON.stringify({ ...load, url: receiver.url })
      const { stdout } = await execa('taskset', agent, { input, lines: true, cancelSignal: signal, reject: false })
      const output = readAgent()
      for (const line of stdout) output.line(line)
      const { stream } = output.result()
      const { sent = 0, lost = 0 } = stream?.datagrams ?? {}
      return { bitsPerSecond: stream?.bitsPerSecond ?? Number.NaN, lossRate: lost / sent }
    },
  },
  iperf3: {
    async missing() {
      const found = await execa('which', ['iperf3'], { reject: false })
      return found.exitCode === 0 ? null : { reason: 'iperf3 is not on the PATH', remedy: 'apt-get install iperf3' }
    },
    async run({ segmentBytes, bitsPerSecond, seconds, senderCore, receiverCore, signal }) {
      const port = `${await freePort()}`
      const pinned = (core: number, args: string[]) =>
        execa('taskset', ['-c', `${core}`, 'iperf3', ...args], { cancelSignal: signal, reject: false })
      const server = pinned(receiverCore, ['-s', '-B', host, '-p', port, '-1'])
      try {
        await sleep(300)
        const rate = ['-b', `${bitsPerSecond ?? 0}`, '-l', `${segmentBytes}`, '-w', '4M']
        const { stdout } = await pinned(senderCore, ['-c', host, '-p', port, '-u', ...rate, '-t', `${seconds}`, '-J'])
        const { end, error } = JSON.parse(stdout)
        if (error) throw new Error(`iperf3: ${error}`)
        const { bits_per_second, lost_packets, packets } = end.sum_received ?? end.sum
        return { bitsPerSecond: bits_per_second, lossRate: lost_packets / packets }
      } finally {
        server.kill()
        await server
      }
    },
  },
} satisfies Record<string, StreamClient>

/** A stream-receiver on one core, bundled as it is deployed: what it holds in memory is what its collector has to walk. */
async function startReceiver(core: number, signal: AbortSignal) {
  const [http, tcp, udp] = [await freePort(), await freePort(), await freePort()]
  const env = { HOST: host, PORT_HTTP: `${http}`, PORT_TCP: `${tcp}`, PORT_UDP: `${udp}` }
  const dir = await mkdtemp(join(tmpdir(), 'meshmark-streams-'))
  const program = await bundleProgram(streamReceiver.entry, dir)
  const options = { env, cancelSignal: signal, reject: false } as const
  const receiver = execa('taskset', ['-c', `${core}`, process.execPath, program], options)
  const account = `http://${host}:${http}/`
  while (!(await fetch(account, { signal }).catch(() => null))) {
    signal.throwIfAborted()
    await sleep(20)
  }
  return {
    account,
    url: `udp://${host}:${udp}`,
    async [Symbol.asyncDispose]() {
      receiver.kill()
      await receiver
      await rm(dir, { recursive: true })
    },
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, host)
  await once(server, 'listening')
  const address = server.address()
  await once(server.close(), 'close')
  return typeof address === 'object' && address ? address.port : 0
}
