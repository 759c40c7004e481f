import { describe, expect, test } from 'vitest'
import { clientFrame, type FrameState, frameStates, markedPayloads, opcodes, WebSocketFrameReader } from './frames.ts'

const { more, done, other, closed, malformed } = frameStates
const text = Buffer.from('a message of more than one byte')

/** A frame as a server sends it. */
function frame(opcode: number, payload: Buffer | string = '', { final = true } = {}): Buffer {
  const body = Buffer.from(payload)
  const extended = body.length > 0xffff ? 8 : body.length > 125 ? 2 : 0
  const head = Buffer.alloc(2 + extended)
  head[0] = (final ? 0x80 : 0) | opcode
  head[1] = extended === 8 ? 127 : extended === 2 ? 126 : body.length
  if (extended === 2) head.writeUInt16BE(body.length, 2)
  if (extended === 8) head.writeBigUInt64BE(BigInt(body.length), 2)
  return Buffer.concat([head, body])
}

function reader(payload = text, pong = false) {
  const pings: string[] = []
  const one = new WebSocketFrameReader({ payload, pong, marks: 1, pinged: (ping) => pings.push(`${ping}`) })
  one.expect()
  return { one, pings }
}

/** The first state that is not `more`, of bytes that come in pieces of `step`. */
function feed(one: WebSocketFrameReader, bytes: Buffer, step = bytes.length): FrameState {
  for (let at = 0; at < bytes.length; at += step) {
    const state = one.feed(bytes, at, Math.min(bytes.length, at + step))
    if (state !== more) return state
  }
  return more
}

const fragmented = Buffer.concat([
  frame(opcodes.text, text.subarray(0, 3), { final: false }),
  frame(opcodes.ping, 'are you there'),
  frame(opcodes.continuation, '', { final: false }),
  frame(opcodes.pong, 'nobody asked'),
  frame(opcodes.continuation, text.subarray(3)),
])

describe('a reader of frames', () => {
  test.for([1, 2, 3, 7, fragmented.length])(
    'takes a fragmented message with control frames in between, %i bytes at a time',
    (step) => {
      const { one, pings } = reader()
      expect(feed(one, fragmented, step)).toBe(done)
      expect(pings).toEqual(['are you there'])
      expect(one.reusable).toBe(true)
    },
  )

  test('takes a message split at every byte, of every form of length', () => {
    for (const length of [0, 1, 125, 126, 65_535, 65_536]) {
      const payload = Buffer.alloc(length, 'y')
      const whole = frame(opcodes.binary, payload)
      const cuts = length < 200 ? whole.keys() : [1, 2, 3, 4, 9, 10, 11, length]
      for (const cut of cuts) {
        const { one } = reader(payload)
        expect(one.feed(whole, 0, cut)).toBe(more)
        expect(one.feed(whole, cut, whole.length)).toBe(done)
        one.expect()
        expect(feed(one, whole)).toBe(done)
      }
    }
  })

  test('tells another message from the awaited one', () => {
    for (const wrong of [text.subarray(1), Buffer.concat([text, text]), Buffer.alloc(text.length), Buffer.alloc(0)])
      expect(feed(reader().one, frame(opcodes.text, wrong), 4)).toBe(other)
  })

  test('passes over what was not asked for', () => {
    const { one } = reader(text, true)
    expect(feed(one, Buffer.concat([frame(opcodes.text, 'news'), frame(opcodes.pong, 'another')]))).toBe(more)
    expect(feed(one, frame(opcodes.pong, text))).toBe(done)
    expect(feed(one, frame(opcodes.pong, text))).toBe(more)
    const late = reader()
    expect(feed(late.one, frame(opcodes.text, text))).toBe(done)
    expect(feed(late.one, frame(opcodes.text, text))).toBe(more)
  })

  test('counts what nobody waits for once a request was sent', () => {
    const { one } = reader()
    one.reset()
    feed(one, frame(opcodes.text, 'a greeting'))
    expect(one.surplus).toBe(0)
    one.expect()
    expect(feed(one, Buffer.concat([frame(opcodes.text, text), frame(opcodes.text, text)]))).toBe(done)
    expect(one.surplus).toBe(1)
    expect(feed(one, frame(opcodes.text, 'news'))).toBe(more)
    expect(one.surplus).toBe(2)
  })

  test.for([false, true])('tells marked payloads from each other, pongs: %s', (pong) => {
    const marked = markedPayloads(20, 4)
    const [first = text, second = text, third = text] = marked
    const one = new WebSocketFrameReader({ payload: first, pong, marks: 4, pinged: () => {} })
    const answer = (payload: Buffer) => frame(pong ? opcodes.pong : opcodes.binary, payload)
    for (const step of [1, 9, 22]) {
      one.reset()
      one.expect(1)
      expect(feed(one, answer(first), step)).toBe(more)
      expect(feed(one, answer(third), step)).toBe(more)
      expect(one.surplus).toBe(2)
      expect(feed(one, answer(second), step)).toBe(done)
      expect(feed(one, answer(second), step)).toBe(more)
      expect(one.surplus).toBe(3)
    }
    one.expect(2)
    expect(feed(one, answer(Buffer.alloc(20, 'x')))).toBe(pong ? more : other)
    expect(markedPayloads(0, 4)).toEqual([Buffer.alloc(0)])
  })

  test('half a frame is forgotten with its connection', () => {
    const { one } = reader()
    for (const opcode of [opcodes.ping, opcodes.text]) {
      expect(feed(one, frame(opcode, text).subarray(0, 9))).toBe(more)
      one.reset()
      one.expect()
      expect(feed(one, frame(opcodes.text, text))).toBe(done)
      one.expect()
    }
  })

  test('a close ends it, after the awaited message too', () => {
    const close = frame(opcodes.close, Buffer.from([0x03, 0xe8]))
    expect(feed(reader().one, close)).toBe(closed)
    const { one } = reader()
    expect(feed(one, Buffer.concat([frame(opcodes.text, text), close]))).toBe(done)
    expect(one.reusable).toBe(false)
  })

  test.for<[string, Buffer]>([
    ['a masked frame', clientFrame(opcodes.text, text)],
    ['a reserved bit', Buffer.from([0xc1, 0])],
    ['an unknown opcode', Buffer.from([0x83, 0])],
    ['an unknown control opcode', Buffer.from([0x8b, 0])],
    ['a continuation of nothing', frame(opcodes.continuation, 'x')],
    ['a message within a message', Buffer.concat([frame(1, 'x', { final: false }), frame(1, 'y')])],
    ['a fragmented control frame', frame(opcodes.ping, '', { final: false })],
    ['a long control frame', frame(opcodes.ping, 'x'.repeat(126))],
    ['half a close code', frame(opcodes.close, 'x')],
    ['a length beyond all', Buffer.from([0x82, 127, 0x80, 0, 0, 0, 0, 0, 0, 0])],
  ])('%s is malformed', ([, bytes]) => {
    expect(feed(reader().one, bytes)).toBe(malformed)
    expect(feed(reader().one, bytes, 1)).toBe(malformed)
  })
})
