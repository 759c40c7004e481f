import net, { type Socket } from 'node:net'
import type { LoadResult } from '../../../reports/load-result.ts'
import { loadHere } from '../../agent/testing.ts'
import { type LoadInput, loadSchema } from '../../load/input/index.ts'
import { listen } from '../testing-listen.ts'
import { endHeaders, endStream, frame, frameHeaderBytes, frameTypes, magic } from './frames.ts'

export interface ReceivedFrame {
  type: number
  flags: number
  id: number
  payload: Buffer
}

export interface FramePeer extends AsyncDisposable {
  url: string
  port: number
  /** Connections with a request, so far. */
  connections: number
  requests: number
}

/** A reply of a status line alone: ":status: 200" of the static table. */
export const okReplyFrame = (id: number) => frame(frameTypes.headers, endHeaders | endStream, id, Buffer.of(0x88))

/**
 * A loopback server for tests that speaks HTTP/2 frame by frame. `answer` gets each frame, and the number of its connection among
 * those with a request. The server sends `greeting` first.
 */
export async function framePeer(
  answer: (socket: Socket, received: ReceivedFrame, n: number) => void,
  greeting: Buffer = frame(frameTypes.settings, 0, 0),
): Promise<FramePeer> {
  const server = net.createServer((socket) => {
    let n = 0
    socket.write(greeting)
    let pending = Buffer.alloc(0)
    let greeted = false
    socket.on('data', (data) => {
      pending = Buffer.concat([pending, data])
      if (!greeted && pending.length >= magic.length) {
        if (!pending.subarray(0, magic.length).equals(magic)) throw new Error('not the preface of HTTP/2')
        pending = pending.subarray(magic.length)
        greeted = true
      }
      while (greeted && pending.length >= frameHeaderBytes) {
        const end = frameHeaderBytes + pending.readUIntBE(0, 3)
        if (pending.length < end) return
        const [type = 0, flags = 0] = pending.subarray(3)
        const received = { type, flags, id: pending.readUInt32BE(5), payload: pending.subarray(frameHeaderBytes, end) }
        pending = pending.subarray(end)
        if (type === frameTypes.headers && n === 0) n = ++peer.connections
        if (type === frameTypes.headers) peer.requests++
        answer(socket, received, n)
      }
    })
  })
  const listening = await listen(server)
  const peer: FramePeer = { ...listening, url: `http://127.0.0.1:${listening.port}/`, connections: 0, requests: 0 }
  return peer
}

/** A short load from within the test, over HTTP/2 unless the input has another protocol. */
export function loadOverHttp2(url: string, input: LoadInput): Promise<LoadResult> {
  const defaults: LoadInput = { protocol: 'http2', duration: '500ms', warmUp: '0s', timeout: '2s', connections: 2 }
  return loadHere({ ...loadSchema.parse({ ...defaults, ...input }), url })
}

/** The same, with so many streams on each connection. */
export const loadStreams = (url: string, input: LoadInput, streams = 4) =>
  loadOverHttp2(url, { http2: { streams }, ...input })

/** Not `toMatchObject`: no errors is more than any errors. */
export const counted = ({ requests, errors }: LoadResult) => ({ requests, errors })
