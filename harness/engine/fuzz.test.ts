import { createServer, type Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import type { LoadResult } from '../../reports/load-result.ts'
import { loadHere, okReply } from '../agent/testing.ts'
import { type LoadInput, loadSchema } from '../load/input/index.ts'
import { errorKinds } from '../load/result/tally.ts'
import type { ProtocolName } from '../load/schemes.ts'
import { seededRandom } from '../random.ts'
import { ReplyParser, replyStates } from './http1/replies.ts'
import { fuzzTimeoutMs, malformedReplies } from './testing-fuzz.ts'
import { listen } from './testing-listen.ts'
import { frameStates, WebSocketFrameReader } from './websocket/frames.ts'
import { acceptOf } from './websocket/upgrade.ts'

const ok = Buffer.from(okReply)
const chunked = Buffer.from('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4;a=b\r\nwiki\r\n0\r\nA: b\r\n\r\n')
const interim = Buffer.from(`HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${okReply}`)
const untilClose = Buffer.from('HTTP/1.1 302 Found\nConnection: close\n\nuntil the end')
const heads = [ok, chunked, interim, untilClose]
/** As `websocket.message: 'hi'` is echoed: whole, in fragments with a ping in between, and with a longer length than it needs. */
const echoes = [
  [0x81, 2, 0x68, 0x69],
  [0x01, 1, 0x68, 0x89, 2, 1, 2, 0x80, 1, 0x69],
  [0x82, 126, 0, 2, 0x68, 0x69, 0x88, 2, 3, 0xe8],
].map((bytes) => Buffer.from(bytes))

/** A well-formed answer, damaged in one to four places. */
function damaged(samples: readonly Buffer[], random: () => number): Buffer {
  const below = (n: number) => Math.floor(random() * n)
  let bytes = Buffer.from(samples[below(samples.length)] as Buffer)
  for (let i = below(4); i >= 0; i--) {
    const [at, to] = [below(bytes.length + 1), below(bytes.length + 1)]
    const noise = Buffer.from(Array.from({ length: below(6) }, () => below(256)))
    const operations = [
      () => bytes.subarray(0, at),
      () => Buffer.concat([bytes.subarray(0, at), noise, bytes.subarray(at)]),
      () => Buffer.concat([bytes.subarray(0, at), bytes.subarray(to)]),
      () => Buffer.concat([bytes.subarray(0, at), noise, bytes.subarray(at + noise.length)]),
      () =>
        Buffer.from(
          bytes.toString('latin1').replace(/\d+/g, () => `${below(2 ** 31)}`),
          'latin1',
        ),
    ]
    bytes = Buffer.from((operations[below(operations.length)] as () => Buffer)())
  }
  return bytes
}

/** The first state that is not 0, when the bytes come in pieces as `size` says. */
function outcome(feed: (bytes: Buffer, from: number, to: number) => number, bytes: Buffer, size: () => number): number {
  for (let at = 0; at < bytes.length; ) {
    const to = Math.min(bytes.length, at + size())
    const state = feed(bytes, at, to)
    if (state !== 0) return state
    at = to
  }
  return 0
}

/** An `expect` for each of so many would take most of the time. */
function expectSame(whole: unknown, pieces: unknown, bytes: Buffer): void {
  if (pieces !== whole) expect(pieces, JSON.stringify(bytes.toString('latin1'))).toBe(whole)
}

test('damaged HTTP replies mean the same whole, split anywhere, and byte by byte', { timeout: fuzzTimeoutMs }, () => {
  const random = seededRandom(6)
  const kept = new ReplyParser()
  const seen = new Set<number>()
  for (let i = 0; i < malformedReplies; i++) {
    const bytes = damaged(heads, random)
    const read = (parser: ReplyParser, size: () => number) => {
      parser.reset()
      const state = outcome((all, from, to) => parser.feed(all.subarray(from, to), to - from), bytes, size)
      return state === replyStates.done ? `done ${parser.status}` : state
    }
    const whole = read(kept, () => bytes.length)
    expectSame(
      whole,
      read(new ReplyParser(), () => 1),
      bytes,
    )
    expectSame(
      whole,
      read(new ReplyParser(), () => 1 + Math.floor(random() * 20)),
      bytes,
    )
    seen.add(typeof whole === 'number' ? whole : replyStates.done)
  }
  expect(seen).toEqual(new Set(Object.values(replyStates)))
})

test('so do damaged WebSocket echoes', { timeout: fuzzTimeoutMs }, () => {
  const random = seededRandom(6)
  const create = () => new WebSocketFrameReader({ pong: false, payload: Buffer.from('hi'), marks: 1, pinged: () => {} })
  const kept = create()
  const seen = new Set<number>()
  for (let i = 0; i < malformedReplies; i++) {
    const bytes = damaged(echoes, random)
    const read = (reader: WebSocketFrameReader, size: () => number) => {
      reader.reset()
      reader.expect()
      return outcome((all, from, to) => reader.feed(all, from, to), bytes, size)
    }
    const whole = read(kept, () => bytes.length)
    expectSame(
      whole,
      read(create(), () => 1),
      bytes,
    )
    expectSame(
      whole,
      read(create(), () => 1 + Math.floor(random() * 4)),
      bytes,
    )
    seen.add(whole)
  }
  expect(seen).toEqual(new Set(Object.values(frameStates)))
})

const timeoutMs = 300
const accepted = (request: string) => {
  const [, key] = /sec-websocket-key: (.*)\r\n/i.exec(request) ?? []
  return `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${acceptOf(key ?? '')}\r\n\r\n`
}

/** Requests enough to see what becomes of them, in a short time. */
const twenty: LoadInput = { rate: 100, duration: '200ms' }

/** Loads, in this process, a server that does to each request what `answer` does; WebSockets are accepted before. */
async function load(
  protocol: ProtocolName,
  answer: (socket: Socket, n: number) => void,
  input: LoadInput = {},
): Promise<LoadResult & { asked: number }> {
  let asked = 0
  const server = createServer((socket) => {
    let upgraded = protocol !== 'websocket'
    socket.on('data', (data) => {
      if (upgraded) answer(socket, asked++)
      else socket.write(accepted(data.toString('latin1')))
      upgraded = true
    })
  })
  await using listening = await listen(server)
  const shape = { protocol, rate: 200, connections: 40, duration: '500ms', warmUp: '0s', timeout: `${timeoutMs}ms` }
  const hi = protocol === 'websocket' ? { websocket: { message: 'hi' } } : {}
  const scheme = protocol === 'websocket' ? 'ws' : 'http'
  const url = `${scheme}://127.0.0.1:${listening.port}/`
  const spec = { ...loadSchema.parse({ ...shape, ...hi, ...input }), url }
  const beganAt = performance.now()
  const result = await loadHere(spec, timeoutMs)
  // Its sweeps, and a second of grace: far from never.
  expect(performance.now() - beganAt).toBeLessThan(spec.durationMs + 2 * timeoutMs + 5000)
  return { ...result, asked }
}

const failed = ({ errors }: LoadResult) => Object.values(errors).reduce((sum, n) => sum + n, 0)

describe('a load on a server that misbehaves ends in time, and counts every request once', () => {
  test.for([
    ['http', heads],
    ['websocket', echoes],
  ] as const)(
    '%s: 2,000 damaged answers, after which it goes on, ends, resets or is silent',
    async ([name, samples]) => {
      const random = seededRandom(7)
      const result = await load(
        name,
        (socket, n) => {
          if (n % 5 > 0) socket.write(damaged(samples, random))
          else socket.write(samples[0] as Buffer)
          if (n % 7 === 1) socket.end()
          if (n % 7 === 2) socket.resetAndDestroy()
        },
        { rate: 2000, duration: '1s', connections: 400 },
      )
      expect(result.requests).toBe(2000)
      expect(result.latency.count + failed(result)).toBeGreaterThanOrEqual(2000)
      expect(Object.keys(result.errors).filter((kind) => !errorKinds.includes(kind as 'closed'))).toEqual([])
      expect(result.errors).toMatchObject({ protocol: expect.any(Number), closed: expect.any(Number) })
    },
  )

  test.for<[string, string, (socket: Socket) => void]>([
    ['half a head and silence', 'timeout', (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Le')],
    ['half a head and the end', 'closed', (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Le')],
    ['a head without end', 'protocol', (socket) => socket.write(`HTTP/1.1 200 OK\r\nA: ${'x'.repeat(300_000)}`)],
    [
      'a chunk of 2 GB that does not come',
      'timeout',
      (socket) => socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n80000000\r\nxxx'),
    ],
    [
      'a chunk of more bytes than can be counted',
      'protocol',
      (socket) => socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n'),
    ],
    ['interim replies without end', 'timeout', (socket) => flood(socket, 'HTTP/1.1 100 Continue\r\n\r\n')],
    ['a body without end', 'timeout', (socket) => flood(socket, 'HTTP/1.1 200 OK\r\n\r\n')],
  ])('%s: %s', async ([, kind, answer]) => {
    const result = await load('http', answer, twenty)
    expect(result.requests).toBe(20)
    expect(result.errors).toEqual({ [kind]: 20 })
  })

  test('a redirect is not followed, and a compressed body not unpacked', async () => {
    const redirect = 'HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n'
    const again = await load('http', (socket) => socket.write(redirect))
    expect(again).toMatchObject({ requests: 100, asked: 100, errors: {}, bytesReceived: 100 * redirect.length })
    const bomb = gzipSync(Buffer.alloc(50_000_000))
    const head = `HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: ${bomb.length}\r\n\r\n`
    const packed = await load('http', (socket) => socket.write(Buffer.concat([Buffer.from(head), bomb])), twenty)
    expect(packed).toMatchObject({ requests: 20, errors: {}, bytesReceived: 20 * (head.length + bomb.length) })
  })

  test.for([
    ['http', ok],
    ['websocket', echoes[1] as Buffer],
  ] as const)('%s: reset after every byte of the answer', async ([name, whole]) => {
    const result = await load(name, (socket, n) => {
      const cut = n % whole.length
      socket.write(whole.subarray(0, cut), () => socket.resetAndDestroy())
    })
    expect(result.requests).toBe(100)
    expect(result.errors).toEqual({ closed: 100 })
  })

  test.for<[string, string, (socket: Socket) => void]>([
    ['a frame of a terabyte', 'timeout', (socket) => socket.write(Buffer.from([0x82, 127, 0, 0, 1, 0, 0, 0, 0, 0, 1]))],
    ['a length beyond all', 'protocol', (socket) => socket.write(Buffer.from([0x82, 127, 255, 255, 1, 0, 0, 0, 0, 0]))],
    ['pings without end', 'timeout', (socket) => flood(socket, Buffer.from([0x89, 1, 1]))],
    ['fragments without end', 'timeout', (socket) => flood(socket, Buffer.from([0, 0]), Buffer.from([1, 0]))],
  ])('websocket: %s: %s', async ([, kind, answer]) => {
    const result = await load('websocket', answer, twenty)
    expect(result.requests).toBe(20)
    expect(result.errors).toEqual({ [kind]: 20 })
  })
})

const flooding = new WeakSet<Socket>()

/** Writes the same over and over, for as long as the peer takes it. */
function flood(socket: Socket, same: string | Buffer, first: string | Buffer = ''): void {
  // It is asked again by pongs.
  if (flooding.has(socket)) return
  flooding.add(socket)
  const block = Buffer.concat(Array<Buffer>(500).fill(Buffer.from(same)))
  const timer = setInterval(() => socket.write(block), 2)
  socket.write(first)
  socket.on('close', () => clearInterval(timer))
}
