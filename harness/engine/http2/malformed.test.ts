import type { Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { errorKinds } from '../../load/result/tally.ts'
import { seededRandom } from '../../random.ts'
import { MessageStream } from '../grpc/stream.ts'
import type { LaneOwner } from '../lane.ts'
import { fuzzTimeoutMs, malformedReplies } from '../testing-fuzz.ts'
import { type SocketOwner, Transport } from '../transport.ts'
import { ConnectionPlace, type Http2Connection } from './connection.ts'
import { endHeaders, endStream, frame, frameTypes, settingIds, settingsPayload, word } from './frames.ts'
import { encodeHeaders } from './hpack.ts'
import { huffmanOf } from './huffman.ts'
import { Http2ReplyHead } from './reply-head.ts'
import { streamRequest } from './request.ts'
import { Http2Stream } from './stream.ts'
import { type FramePeer, framePeer } from './testing.ts'

const request = streamRequest([[':method', 'POST']], Buffer.from('body'))
const heads = { first: new Http2ReplyHead(), trailers: new Http2ReplyHead() }
/** The load's own limit comes later than any of these should take. */
const patienceMs = 5000

let peer: FramePeer
let reply: Buffer
beforeAll(async () => {
  peer = await framePeer((socket, { type }) => {
    if (type === frameTypes.headers) socket.end(reply)
  })
})
afterAll(() => peer[Symbol.asyncDispose]())

const transportTo = ({ port, url }: FramePeer) => new Transport({ host: '127.0.0.1', port, spec: { url } }, null)

/** What becomes of one request whose connection brings these bytes, after SETTINGS, and ends. */
async function outcome(bytes: Buffer, LaneClass: typeof Http2Stream): Promise<string> {
  reply = bytes
  const ended = Promise.withResolvers<string>()
  const owner: LaneOwner = {
    opened: (lane) => lane.send(0),
    began: () => {},
    replied: (lane) => ended.resolve(lane.refusal ?? 'replied'),
    failed: (_, kind) => ended.resolve(kind),
    dropped: () => ended.resolve('dropped'),
  }
  const target = { transport: transportTo(peer), requests: [request], streams: 1 }
  const stream = new LaneClass(0, new ConnectionPlace(target), heads, owner)
  const timer = setTimeout(() => ended.resolve('hangs'), patienceMs)
  stream.open()
  const what = await ended.promise
  clearTimeout(timer)
  stream.abort()
  return what
}

test('a connection whose stream ids run out is given up after its last reply', async () => {
  const ended = Promise.withResolvers<boolean>()
  const owner: LaneOwner = {
    opened(lane) {
      ;((lane as Http2Stream).connection as Http2Connection).table.nextId = lastIds
      lane.send(0)
    },
    began: () => {},
    replied: (lane) => ended.resolve(lane.reusable),
    failed: () => ended.resolve(true),
    dropped: () => ended.resolve(true),
  }
  reply = frame(frameTypes.headers, endHeaders | endStream, lastIds, ok)
  const target = { transport: transportTo(peer), requests: [request], streams: 1 }
  const stream = new Http2Stream(0, new ConnectionPlace(target), heads, owner)
  stream.open()
  expect(await ended.promise).toBe(false)
  stream.retire()
})

const lastIds = 0x7fff_dfff
const ok = Buffer.of(0x88)
const head = frame(frameTypes.headers, endHeaders, 1, ok)
const headers = (payload: Buffer, flags = endHeaders | endStream) => frame(frameTypes.headers, flags, 1, payload)
const continuation = (flags: number) => frame(frameTypes.continuation, flags, 1, Buffer.alloc(16_000))

describe('a peer that breaks the protocol', () => {
  const cases: Record<string, Buffer> = {
    'a frame larger than allowed': Buffer.concat([head, frame(frameTypes.data, endStream, 1, Buffer.alloc(16_385))]),
    'a frame of 16 MB': Buffer.from([0xff, 0xff, 0xff, frameTypes.data, 0, 0, 0, 0, 1]),
    'padding as long as the frame': Buffer.concat([
      head,
      frame(frameTypes.data, endStream | 8, 1, Buffer.of(4, 0, 0, 0)),
    ]),
    'padding of an empty frame': Buffer.concat([head, frame(frameTypes.data, endStream | 8, 1)]),
    'padding of a header block': headers(Buffer.of(9, 0x88), endHeaders | endStream | 8),
    'an empty frame with a priority': headers(Buffer.alloc(0), endHeaders | endStream | 32),
    'an index beyond the static table': headers(Buffer.of(0x88, 0xbe)),
    'the index 0': headers(Buffer.of(0x80)),
    'a number without an end': headers(Buffer.of(0x88, 0x0f, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f)),
    'a string longer than the block': headers(Buffer.from('\x08\x7f200')),
    'a table larger than ours': headers(Buffer.of(0x3e, 0x88)),
    'a block without a status': headers(encodeHeaders([['server', 'x']])),
    'a status of letters': headers(Buffer.from('\x08\x03abc')),
    'a status of four digits': headers(Buffer.from('\x08\x042000')),
    'a name in upper case': headers(Buffer.from('\x88\x00\x01X\x01y', 'latin1')),
    'a name in upper case, in Huffman code': headers(
      Buffer.concat([Buffer.of(0x88, 0, 0x80 | huffmanOf('X-Id').length), huffmanOf('X-Id'), Buffer.from('\x01y')]),
    ),
    'a name with a space': headers(Buffer.from('\x88\x00\x03a b\x01y', 'latin1')),
    'a name with a colon in it': headers(Buffer.from('\x88\x00\x03a:b\x01y', 'latin1')),
    'a name of nothing': headers(Buffer.from('\x88\x00\x00\x01y', 'latin1')),
    'an interim reply that ends': headers(Buffer.from('\x08\x03100')),
    'a length of letters': headers(Buffer.from('\x88\x0f\x0d\x03ten', 'latin1')),
    'DATA before HEADERS': frame(frameTypes.data, endStream, 1),
    'HEADERS after HEADERS': Buffer.concat([head, head]),
    'DATA without a stream': frame(frameTypes.data, 0, 0),
    'HEADERS of a stream of the peer': frame(frameTypes.headers, endHeaders, 2, ok),
    'HEADERS of a stream that was not opened': frame(frameTypes.headers, endHeaders, 7, ok),
    'a reset of a stream that was not opened': frame(frameTypes.rstStream, 0, 7, word(0)),
    'a reset of three bytes': frame(frameTypes.rstStream, 0, 1, Buffer.alloc(3)),
    'SETTINGS of five bytes': frame(frameTypes.settings, 0, 0, Buffer.alloc(5)),
    'SETTINGS of a stream': frame(frameTypes.settings, 0, 1),
    'SETTINGS acknowledged with a payload': frame(frameTypes.settings, 1, 0, Buffer.alloc(6)),
    'a window above the largest': frame(
      frameTypes.settings,
      0,
      0,
      settingsPayload([[settingIds.initialWindowSize, 2 ** 31]]),
    ),
    'a window made too large': frame(frameTypes.windowUpdate, 0, 0, word(2 ** 31 - 1)),
    "a stream's window made too large": frame(frameTypes.windowUpdate, 0, 1, word(2 ** 31 - 1)),
    'a window made wider by nothing': frame(frameTypes.windowUpdate, 0, 0, word(0)),
    'a PING of seven bytes': frame(frameTypes.ping, 0, 0, Buffer.alloc(7)),
    'GOAWAY of four bytes': frame(frameTypes.goAway, 0, 0, Buffer.alloc(4)),
    'a promise': frame(frameTypes.pushPromise, endHeaders, 1, Buffer.concat([word(2), ok])),
    'CONTINUATION of nothing': frame(frameTypes.continuation, endHeaders, 1, ok),
    'CONTINUATION of another stream': Buffer.concat([headers(ok, 0), frame(frameTypes.continuation, endHeaders, 3)]),
    'a frame between HEADERS and CONTINUATION': Buffer.concat([
      headers(ok, 0),
      frame(frameTypes.ping, 0, 0, Buffer.alloc(8)),
    ]),
    'a header block without an end': Buffer.concat([headers(ok, 0), ...Array(20).fill(continuation(0))]),
    'a flood of SETTINGS': Buffer.concat(Array(20_000).fill(frame(frameTypes.settings, 0, 0))),
    'a flood of PING': Buffer.concat(Array(20_000).fill(frame(frameTypes.ping, 0, 0, Buffer.alloc(8)))),
    'a flood of empty CONTINUATION': Buffer.concat([
      headers(ok, 0),
      ...Array(20_000).fill(frame(frameTypes.continuation, 0, 1)),
    ]),
    'text instead of frames': Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'),
  }
  test.for(Object.entries(cases))('%s', async ([, reply]) => {
    expect(await outcome(reply, Http2Stream)).toBe('protocol')
  })

  test('an endless stream of empty DATA ends when the load gives up', async () => {
    const flood = Buffer.concat([head, ...Array(20_000).fill(frame(frameTypes.data, 0, 1))])
    expect(await outcome(flood, Http2Stream)).toBe('closed')
  })
})

const grpcOk = encodeHeaders([['grpc-status', '0']])
const whole = Buffer.concat([
  frame(frameTypes.settings, 0, 0, settingsPayload([[settingIds.maxConcurrentStreams, 100]])),
  frame(frameTypes.headers, 0, 1, Buffer.of(0x20)),
  frame(
    frameTypes.continuation,
    endHeaders,
    1,
    encodeHeaders([
      [':status', '200'],
      ['content-type', 'application/grpc'],
    ]),
  ),
  frame(frameTypes.ping, 0, 0, Buffer.from('12345678')),
  frame(frameTypes.windowUpdate, 0, 0, word(1000)),
  frame(frameTypes.data, 8, 1, Buffer.from([2, 0, 0, 0, 0, 3, 1, 2, 3, 0, 0])),
  frame(frameTypes.headers, endHeaders | endStream, 1, grpcOk),
])

describe.for([
  ['HTTP/2', Http2Stream],
  ['gRPC', MessageStream],
] as const)('%s', ([, LaneClass]) => {
  test('a reply that ends at any byte is closed, and the whole one is read', async () => {
    expect(await outcome(whole, LaneClass)).toBe('replied')
    for (let end = 0; end < whole.length; end++)
      expect(await outcome(whole.subarray(0, end), LaneClass), `the first ${end} bytes`).toBe('closed')
  })

  test('malformed replies are each counted by kind, the same one whole and in pieces', {
    timeout: fuzzTimeoutMs,
  }, async () => {
    const random = seededRandom(7)
    const below = (n: number) => Math.floor(random() * n)
    const seen: Record<string, number> = {}
    const known = new Set<string>(['replied', ...errorKinds])
    for (let n = 0; n < malformedReplies; n++) {
      const bytes = mutate(whole, below)
      const what = outcomeInMemory(bytes, LaneClass, () => bytes.length)
      const inPieces = outcomeInMemory(bytes, LaneClass, () => 1 + below(20))
      seen[what] = (seen[what] ?? 0) + 1
      // An `expect` for each would take most of the time.
      if (!known.has(what) || inPieces !== what) expect([what, inPieces], bytes.toString('hex')).toEqual(['?', '?'])
      // What is written at the end of a turn is let go.
      if (n % 1000 === 0) await new Promise(setImmediate)
    }
    for (const kind of ['replied', 'protocol', 'closed']) expect(seen[kind], kind).toBeGreaterThan(10)
  })
})

/** A socket that takes everything and never has anything. */
class DeafSocket {
  destroyed = false
  readonly writableLength = 0
  write = () => true
  once(_: 'close', closed: () => void): void {
    closed()
  }
  destroy(): void {
    this.destroyed = true
  }
}

/** As `outcome`, without a network: every connection brings SETTINGS, the first one these bytes too, in pieces of such sizes, and ends. */
function outcomeInMemory(bytes: Buffer, LaneClass: typeof Http2Stream, size: () => number): string {
  const buffer = Buffer.alloc(65_536)
  const opened: { socket: Socket; owner: SocketOwner }[] = []
  const open = (owner: SocketOwner) => {
    const socket = new DeafSocket() as unknown as Socket
    opened.push({ socket, owner })
    return socket
  }
  const transport = { buffer, open, noteWords: () => {}, noteSurplus: () => {} } as unknown as Transport
  let what = 'hangs'
  const owner: LaneOwner = {
    opened: (lane) => lane.send(0),
    began: () => {},
    replied: (lane) => end(lane.refusal ?? 'replied'),
    failed: (_, kind) => end(kind),
    dropped: () => end('dropped'),
  }
  const end = (how: string) => {
    if (what === 'hangs') what = how
  }
  const place = new ConnectionPlace({ transport, requests: [request], streams: 1 })
  new LaneClass(0, place, heads, owner).open()
  for (let n = 0; n < opened.length && what === 'hangs'; n++) {
    const { socket, owner: connection } = opened[n] as (typeof opened)[number]
    const feed = (some: Buffer) => connection.received(socket, some.copy(buffer))
    connection.opened(socket)
    feed(frame(frameTypes.settings, 0, 0))
    if (n === 0)
      for (let at = 0; at < bytes.length; ) {
        const to = at + size()
        feed(bytes.subarray(at, to))
        at = to
      }
    connection.over(socket, null, 'the server closed the connection')
  }
  return what
}

/** Bytes changed, cut out, put in or doubled, in one to four places. */
function mutate(bytes: Buffer, below: (n: number) => number): Buffer {
  let out = Buffer.from(bytes)
  for (let left = 1 + below(4); left > 0; left--) {
    const at = below(out.length)
    const to = at + 1 + below(20)
    const noise = Buffer.from(Array.from({ length: 1 + below(12) }, () => below(256)))
    const kind = below(5)
    if (kind === 0) out[at] = below(256)
    else if (kind === 1) out[at] = (out[at] as number) ^ (1 << below(8))
    else if (kind === 2) out = Buffer.concat([out.subarray(0, at), out.subarray(to)])
    else if (kind === 3) out = Buffer.concat([out.subarray(0, at), noise, out.subarray(at)])
    else out = Buffer.concat([out.subarray(0, to), out.subarray(at)])
  }
  return out
}
