import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { Share } from '../protocol.ts'
import type { StreamPlan } from './plan.ts'
import { Segment, type SegmentStream } from './stream.ts'

/** One TCP connection. Bytes that the kernel does not take at once wait in the socket; no more are written until they have left. */
export class TcpStream implements SegmentStream {
  readonly number: number
  free = false
  broken: string | null = null
  onChange = () => {}
  readonly #share: Share
  readonly #segment: Segment
  #socket: Socket | undefined
  #ending = false

  constructor(share: Share, { segmentBytes }: StreamPlan, number: number) {
    this.number = number
    this.#share = share
    this.#segment = new Segment(share.load, number, segmentBytes)
  }

  async open(limitMs: number): Promise<void> {
    const { host, port } = this.#share
    const socket = connect({ host, port, noDelay: true })
    this.#socket = socket
    const timer = setTimeout(() => socket.destroy(new Error(`no connection within ${limitMs} ms`)), limitMs)
    try {
      await once(socket, 'connect')
    } catch (error) {
      throw new Error((error as NodeJS.ErrnoException).code ?? (error as Error).message)
    } finally {
      clearTimeout(timer)
    }
    this.free = true
    socket.resume()
    socket.on('drain', () => {
      this.free = this.broken === null
      this.onChange()
    })
    socket.on('error', (error: NodeJS.ErrnoException) => this.#break(error.code ?? error.message))
    socket.on('close', () => this.#break('closed by the receiver'))
  }

  send(): void {
    this.free = this.#socket?.write(this.#segment.bytes) === true && this.broken === null
  }

  async close(limitMs: number): Promise<void> {
    const socket = this.#socket
    if (socket === undefined || socket.destroyed) return
    this.#ending = true
    const closed = once(socket, 'close')
    const timer = setTimeout(() => {
      this.#ending = false
      socket.destroy(new Error('what was sent did not go out in time'))
    }, limitMs)
    socket.end()
    await closed.catch(() => {})
    clearTimeout(timer)
  }

  #break(why: string): void {
    this.free = false
    if (this.#ending || this.broken !== null) return
    this.broken = why
    this.onChange()
  }
}
