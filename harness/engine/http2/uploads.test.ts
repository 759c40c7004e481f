import { describe, expect, test } from 'vitest'
import { endStream, frame, frameTypes, settingIds, settingsPayload, word } from './frames.ts'
import { counted, framePeer, loadStreams as load, okReplyFrame } from './testing.ts'

const greeting = (initialWindow: number) =>
  frame(frameTypes.settings, 0, 0, settingsPayload([[settingIds.initialWindowSize, initialWindow]]))

/** A peer that gives back every frame of DATA, on its stream and on the connection, in pieces of so many bytes. */
async function receiver(initialWindow: number, piece = 16_384, reply = okReplyFrame) {
  const seen = { bytes: 0, frames: 0 }
  const peer = await framePeer((socket, { type, flags, id, payload }) => {
    if (type !== frameTypes.data) return
    seen.bytes += payload.length
    seen.frames++
    const back: Buffer[] = []
    for (let left = payload.length; left > 0; left -= piece)
      for (const of of [0, id]) back.push(frame(frameTypes.windowUpdate, 0, of, word(Math.min(left, piece))))
    const last = (flags & endStream) !== 0
    socket.write(Buffer.concat(last ? [...back, reply(id)] : back))
  }, greeting(initialWindow))
  return { ...peer, seen }
}

const uploads = { method: 'POST', connections: 1, duration: '30s', timeout: '30s' }

test.for([
  ['of 1 MB', 1_048_576, 4, 20, 65_535],
  ['of 200 kB', 200_000, 8, 100, 65_535],
  ['to windows of 40 kB', 1_048_576, 4, 10, 40_000],
] as const)(
  'bodies %s leave in frames about as large as they may be',
  async ([, length, streams, maxRequests, window]) => {
    await using peer = await receiver(window)
    const result = await load(peer.url, { ...uploads, body: 'x'.repeat(length), maxRequests }, streams)
    expect(counted(result)).toEqual({ requests: maxRequests, errors: {} })
    expect(peer.seen.bytes).toBe(length * maxRequests)
    expect(peer.seen.frames).toBeLessThan((2 * peer.seen.bytes) / 16_384)
  },
)

describe.for([
  ['as usual', 65_535],
  ['as wide as they can be', 2 ** 31 - 1],
] as const)('windows %s', ([, window]) => {
  test('what is given back in small pieces is no idle talk', async () => {
    await using peer = await receiver(window, 512)
    const result = await load(peer.url, { ...uploads, body: 'x'.repeat(8_000_000), maxRequests: 1 }, 1)
    expect(counted(result)).toEqual({ requests: 1, errors: {} })
    expect(peer.seen.bytes).toBe(8_000_000)
  })
})

test('a client stream of 200 MB ends with its reply', { timeout: 60_000 }, async () => {
  const grpcReply = (id: number) =>
    Buffer.concat([
      frame(frameTypes.headers, 4, id, Buffer.of(0x88)),
      frame(frameTypes.data, 0, id, Buffer.alloc(5)),
      frame(frameTypes.headers, 5, id, Buffer.from('\0\x0bgrpc-status\x010')),
    ])
  await using peer = await receiver(65_535, 16_384, grpcReply)
  const bytes = Buffer.alloc(999_995).toString('base64')
  const grpc = { method: 'a.B/C', kind: 'client-stream' as const, bytes, messages: 200, streams: 1 }
  const result = await load(peer.url, {
    ...uploads,
    method: undefined,
    http2: undefined,
    protocol: 'grpc',
    grpc,
    maxRequests: 1,
  })
  expect(counted(result)).toEqual({ requests: 1, errors: {} })
  expect(peer.seen.bytes).toBe(200_000_000)
})

test('windows that are widened for nothing are idle talk', async () => {
  await using peer = await framePeer((socket, { type, id }) => {
    if (type !== frameTypes.data) return
    socket.write(Buffer.concat(Array(10_001).fill(frame(frameTypes.windowUpdate, 0, 0, word(1)))))
    socket.write(okReplyFrame(id))
  })
  const result = await load(peer.url, { ...uploads, body: 'x', maxRequests: 1 }, 1)
  expect(counted(result)).toEqual({ requests: 1, errors: { protocol: 1 } })
})
