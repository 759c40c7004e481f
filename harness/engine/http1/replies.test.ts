import { describe, expect, test } from 'vitest'
import { ReplyParser, replyStates } from './replies.ts'

const { more, done, malformed } = replyStates

/** Feeds a reply in pieces, copied into one buffer as the engine's reads are, up to the state that ends it. */
function feed(parser: ReplyParser, ...pieces: string[]) {
  const buffer = Buffer.alloc(65_536)
  let state: number = more
  for (const piece of pieces) {
    const length = buffer.write(piece, 'latin1')
    if (length > 0) state = parser.feed(buffer, length)
    if (state !== more) break
  }
  return state
}

function parserFor(method: string): ReplyParser {
  const parser = new ReplyParser()
  parser.bodiless = method === 'HEAD'
  return parser
}

const replies: Record<string, { text: string; status: number; reusable?: boolean; method?: string }> = {
  'a stated length': { text: 'HTTP/1.1 200 OK\r\nDate: now\r\nContent-Length: 5\r\n\r\nhello', status: 200 },
  'an empty body': { text: 'HTTP/1.1 200 OK\r\ncontent-length:0\r\n\r\n', status: 200 },
  'no reason phrase': { text: 'HTTP/1.1 404\r\nContent-Length: 1\r\n\r\nx', status: 404 },
  chunks: {
    text: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nA;x="y"\r\n0123456789\r\n0\r\n\r\n',
    status: 200,
  },
  'chunks with trailers': {
    text: 'HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, Chunked \r\n\r\n01\r\n.\r\n000\r\nA: b\r\nC: d\r\n\r\n',
    status: 200,
  },
  'interim replies': {
    text: 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok',
    status: 201,
  },
  'no content': { text: 'HTTP/1.1 204 No Content\r\nServer: x\r\n\r\n', status: 204 },
  'not modified': { text: 'HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\n', status: 304 },
  'a reply to HEAD': { text: 'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n', status: 200, method: 'HEAD' },
  'a closing reply': {
    text: 'HTTP/1.1 200 OK\r\nConnection: x, Close\r\nContent-Length: 2\r\n\r\nok',
    status: 200,
    reusable: false,
  },
  'HTTP/1.0': { text: 'HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok', status: 200, reusable: false },
  'HTTP/1.0 kept alive': {
    text: 'HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 2\r\n\r\nok',
    status: 200,
  },
  'bare line feeds': { text: 'HTTP/1.1 200 OK\nContent-Length: 2\n\nok', status: 200 },
  'folded lines': {
    text: 'HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\td\r\nContent-Length:\r\n  2\r\nConnection: x,\r\n\tclose\r\n\r\nok',
    status: 200,
    reusable: false,
  },
  'a close before other lines of Connection': {
    text: 'HTTP/1.1 200 OK\r\nConnection: close\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok',
    status: 200,
    reusable: false,
  },
  'codings over several lines, with empty members': {
    text: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\nTransfer-Encoding: chunked, ,\r\n\r\n1\r\n.\r\n0\r\n\r\n',
    status: 200,
  },
  'a list of equal lengths': { text: 'HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nok', status: 200 },
  'the same length twice': { text: 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok', status: 200 },
}

describe.for(Object.entries(replies))('%s', ([, { text, status, reusable = true, method = 'GET' }]) => {
  test('is read in one piece, and again on the same connection', () => {
    const parser = parserFor(method)
    for (let i = 0; i < 2; i++) {
      expect(feed(parser, text)).toBe(done)
      expect(parser).toMatchObject({ status, reusable })
    }
  })

  test('is read when split at any byte', () => {
    for (let at = 1; at < text.length; at++) {
      const parser = parserFor(method)
      expect(feed(parser, text.slice(0, at)), `the first ${at} bytes`).toBe(more)
      expect(feed(parser, text.slice(at)), `split after ${at} bytes`).toBe(done)
      expect(parser).toMatchObject({ status, reusable })
    }
  })

  test('is read byte by byte, and not before its last byte', () => {
    const parser = parserFor(method)
    expect(feed(parser, ...text.slice(0, -1))).toBe(more)
    expect(feed(parser, text.slice(-1))).toBe(done)
    expect(parser).toMatchObject({ status, reusable })
  })

  test('leaves the connection unfit when more follows than was asked for', () => {
    const parser = parserFor(method)
    expect(feed(parser, `${text}HTTP/1.1`)).toBe(done)
    expect(parser.reusable).toBe(false)
  })
})

test.for([
  'SSH-2.0-OpenSSH_9.2\r\n',
  'HTTP/2 200 OK\r\n\r\n',
  'HTTP/1.1 2x0 OK\r\n\r\n',
  'HTTP/1.1 99 OK\r\n\r\n',
  'HTTP/1.1 2000 OK\r\n\r\n',
  'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n',
  'HTTP/1.1 200 OK\r\nno colon\r\n\r\n',
  'HTTP/1.1 200 OK\r\n: no name\r\n\r\n',
  'HTTP/1.1 200 OK\r\n folded\r\n\r\n',
  'HTTP/1.1 200 OK\r\nName : space before the colon\r\n\r\n',
  'HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 0\r\n\r\n',
  'HTTP/1.1 200 OK\r\nX: a\r\n b\0\r\nContent-Length: 0\r\n\r\n',
  'HTTP/1.1 200 OK\r\nContent-Length: five\r\n\r\n',
  'HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n',
  'HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n',
  'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx',
  'HTTP/1.1 200 OK\r\nContent-Length: 1, 2\r\n\r\nx',
  'HTTP/1.1 200 OK\r\nContent-Length: 1,\r\n\r\nx',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\n',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\rx',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1111111111111\r\n',
])('%j is malformed, in one piece and byte by byte', (text) => {
  expect(feed(new ReplyParser(), text)).toBe(malformed)
  expect(feed(new ReplyParser(), ...text)).toBe(malformed)
})

test.for([
  [
    'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
    'lines of Content-Length contradict each other',
  ],
  ['HTTP/1.1 200 OK\r\nContent-Length: 1, 2\r\n\r\n', 'Content-Length is "1, 2"'],
  ['HTTP/1.1 101 Switching Protocols\r\n\r\n', 'it changes to another protocol (101), which nobody asked for'],
  ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n', 'its chunks are malformed'],
  ['HTTP/1.1 200 OK\r\nX: \0\r\nContent-Length: 0\r\n\r\n', 'a line of its head has a NUL'],
  ['HTTP/1.1 200 OK\r\nno colon\r\n\r\n', 'a line of its head is no "name: value"'],
  ['SSH-2.0-OpenSSH_9.2\r\n', ''],
] as const)('%j is explained', ([text, fault]) => {
  for (const pieces of [[text], [...text]]) {
    const parser = new ReplyParser()
    feed(parser, ...pieces)
    expect(parser.fault).toBe(fault)
    parser.reset()
    expect(parser.fault).toBe('')
  }
})

test('heads that differ after many alike are read for what they say', () => {
  const parser = new ReplyParser()
  for (let i = 0; i < 500; i++) {
    const [status, body] = i % 100 === 99 ? [404, 'gone'] : [200, 'ok']
    expect(feed(parser, `HTTP/1.1 ${status} X\r\nContent-Length: ${body.length}\r\n\r\n${body}`)).toBe(done)
    expect(parser).toMatchObject({ status, reusable: true })
  }
})

test('a head of 200 KiB is read, one above 256 KiB is malformed', () => {
  const lines = Array.from({ length: 200 }, (_, i) => `X-${i}: ${'v'.repeat(1016)}\r\n`)
  const parser = new ReplyParser()
  for (let i = 0; i < 2; i++)
    expect(feed(parser, 'HTTP/1.1 200 OK\r\n', ...lines, 'Content-Length: 1\r\n\r\n', 'x')).toBe(done)
  expect(feed(parser, 'HTTP/1.1 200 OK\r\n', ...lines, ...lines)).toBe(malformed)
  expect(parser.fault).toBe('its head is longer than 262144 bytes')
})

test('a reply without a length ends with the connection', () => {
  const parser = new ReplyParser()
  expect(feed(parser, 'HTTP/1.1 200 OK\r\n\r\n', 'some', 'thing')).toBe(more)
  expect(parser.endOfStream()).toBe(done)
  expect(parser.reusable).toBe(false)
  parser.reset()
  expect(feed(parser, 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx')).toBe(done)
})

test('the end of the connection cuts any other reply short', () => {
  for (const text of [
    '',
    'HTTP/1.1 200',
    'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n',
  ]) {
    const parser = new ReplyParser()
    feed(parser, text)
    expect(parser.endOfStream(), text).toBe(more)
  }
})

test('a length beside chunks is read as chunks, and the connection is given up', () => {
  const parser = new ReplyParser()
  expect(feed(parser, 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n')).toBe(done)
  expect(parser.reusable).toBe(false)
})
