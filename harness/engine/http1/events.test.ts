import { expect, test } from 'vitest'
import { EventCounter } from './events.ts'
import { ReplyParser, replyStates } from './replies.ts'

const stream = 'data: a\n\n: a comment\n\nevent: x\ndata: b\ndata: b\n\nid: 3\n\r\ndata:\r\n\r\ndata: half'

test('events with data are counted, split anywhere', () => {
  const bytes = Buffer.from(stream)
  for (let cut = 0; cut <= bytes.length; cut++) {
    const counter = new EventCounter()
    counter.begin()
    counter.take(bytes, 0, cut)
    counter.take(bytes, cut, bytes.length)
    expect(counter.count).toBe(3)
  }
})

test.for([
  ['a length', `Content-Length: ${stream.length}\r\n\r\n${stream}`],
  ['chunks', `Transfer-Encoding: chunked\r\n\r\n${[...stream].map((c) => `1\r\n${c}\r\n`).join('')}0\r\n\r\n`],
] as const)('a body with %s is seen, of each reply anew', ([, rest]) => {
  const counter = new EventCounter()
  const parser = new ReplyParser(counter)
  const bytes = Buffer.from(`HTTP/1.1 200 OK\r\n${rest}`)
  for (const step of [1, 5, bytes.length]) {
    let state: number = replyStates.more
    for (let at = 0; at < bytes.length; at += step) {
      const piece = bytes.subarray(at, at + step)
      state = parser.feed(piece, piece.length)
    }
    expect(state).toBe(replyStates.done)
    expect(counter.count).toBe(3)
  }
})
