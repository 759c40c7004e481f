import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { datagramKinds } from '../../../clusters/workloads/stream-wire.ts'
import type { Share } from '../protocol.ts'
import type { StreamPlan } from './plan.ts'
import { Segment, type SegmentStream } from './stream.ts'

const helloEveryMs = 50
/** The kernel mostly takes a datagram at once. One that has to wait must not be overwritten meanwhile. */
const segmentsInTurn = 8

/** Datagrams on a connected socket: the kernel looks the route up once, and reports when nobody listens. */
export class UdpStream implements SegmentStream {
  readonly number: number
  broken: string | null = null
  onChange = () => {}
  readonly #socket: Socket
  readonly #share: Share
  readonly #segments: Segment[]
  #turn = 0

  constructor(share: Share, { segmentBytes }: StreamPlan, number: number) {
    this.number = number
    this.#share = share
    this.#segments = Array.from({ length: segmentsInTurn }, () => new Segment(share.load, number, segmentBytes))
    this.#socket = createSocket(share.host.includes(':') ? 'udp6' : 'udp4')
  }

  /** Sends hellos until the receiver sends one back: nothing else shows that datagrams arrive. */
  async open(limitMs: number): Promise<void> {
    const socket = this.#socket
    let last: NodeJS.ErrnoException | undefined
    socket.on('error', (error) => {
      last = error
    })
    const { host, port } = this.#share
    socket.connect(port, host)
    await once(socket, 'connect')
    const answered = new AbortController()
    socket.once('message', () => answered.abort())
    const hello = this.#segments[0] as Segment
    hello.stamp(datagramKinds.hello, 0, 0)
    const deadline = performance.now() + limitMs
    while (!answered.signal.aborted && performance.now() < deadline) {
      socket.send(hello.bytes)
      await sleep(helloEveryMs, undefined, { signal: answered.signal }).catch(() => {})
    }
    if (!answered.signal.aborted) throw new Error(last?.code ?? 'no reply')
    socket.removeAllListeners('error')
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.broken ??= error.code ?? error.message
      this.onChange()
    })
  }

  get free(): boolean {
    return this.broken === null && this.#socket.getSendQueueCount() === 0
  }

  send(measured: boolean, sequence: number, sentNs: number): void {
    const segment = this.#segments[this.#turn] as Segment
    this.#turn = (this.#turn + 1) % segmentsInTurn
    segment.stamp(Number(measured), sequence, sentNs)
    // A callback would cost a turn for each datagram, and the receiver's account shows what was lost.
    this.#socket.send(segment.bytes)
  }

  async close(limitMs: number): Promise<void> {
    const deadline = performance.now() + limitMs
    while (this.#socket.getSendQueueCount() > 0 && performance.now() < deadline) await sleep(1)
    this.#socket.close()
  }
}
