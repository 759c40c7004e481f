import { execFile } from 'node:child_process'
import http2 from 'node:http2'
import net, { type Socket } from 'node:net'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { agentEntry } from '../agent/process.ts'
import { loadHere, okReply, rawServer } from '../agent/testing.ts'
import { type LoadInput, loadSchema } from '../load/input/index.ts'
import { listen } from './testing-listen.ts'

const shape: LoadInput = { duration: '500ms', warmUp: '0s', timeout: '5s', rate: 40, connections: 6 }
const load = (port: number, input: LoadInput) =>
  loadHere({ ...loadSchema.parse({ ...shape, ...input }), url: `http://127.0.0.1:${port}/` })

/** Closes at once what comes when `most` are there. */
function turnAway(most: number) {
  let open = 0
  return (socket: Socket) => {
    if (open >= most) return socket.destroy()
    open++
    return socket.on('close', () => open--)
  }
}

test.for(['shared', 'per-connection'] as const)(
  'connections that the server turns away are missing, and nobody has to be asked for it: %s',
  async (pacing) => {
    const admit = turnAway(2)
    const server = net.createServer((socket) => admit(socket).on('data', () => socket.write(okReply)))
    await using listening = await listen(server)
    const { keptConnections, failedConnections, errorWords, validity } = await load(listening.port, { pacing })
    expect(keptConnections).toMatchObject({ asked: 6, had: 2 })
    expect(failedConnections?.closed).toBeGreaterThanOrEqual(4)
    // The latter where a request was on its way by then.
    expect(errorWords?.closed).toMatch(/^(it ended within 100 ms, without a reply|the server closed the connection)$/)
    expect(validity.reasons).toContainEqual({
      code: 'connections_missing',
      text: expect.stringMatching(
        /^2 of the 6 connections could be had; closed \d+ \((it ended within|the server closed)/,
      ),
    })
  },
)

test('over HTTP/2 they are counted once, not once a stream', async () => {
  const admit = turnAway(2)
  const server = http2.createServer((_, response) => response.end('ok'))
  server.on('connection', admit)
  await using listening = await listen(server)
  // The target is asked once before the load, on a connection of its own.
  const result = await load(listening.port, { protocol: 'http2', http2: { streams: 3 }, connections: 3 })
  expect(result.keptConnections).toMatchObject({ asked: 3, had: 2 })
  expect(Object.values(result.failedConnections ?? {}).reduce((sum, n) => sum + n, 0)).toBeGreaterThan(0)
  expect(result.validity.reasons.map(({ code }) => code)).toContain('connections_missing')
})

test('a server that is silent or speaks something else was connected to, and answered nothing', async () => {
  await using silent = await rawServer(() => {})
  const unanswered = await load(silent.port, { rate: undefined, timeout: '150ms' })
  expect(unanswered).toMatchObject({
    ...{ latency: { count: 0 }, keptConnections: { asked: 6, had: 6 } },
    ...{ errorWords: { timeout: 'no reply within 150 ms' }, validity: { valid: false } },
  })
  expect(unanswered.validity.reasons.map(({ code }) => code)).toEqual(['nothing_answered'])
  await using other = await rawServer((socket) => socket.write('SSH-2.0-x\r\n'))
  const strange = await load(other.port, { rate: undefined })
  expect(strange.validity.reasons).toEqual([
    {
      code: 'nothing_answered',
      text: expect.stringMatching(/^nothing was answered; protocol \d+ \(no HTTP\/1.1: "SSH-2.0-x\\r\\n"\)$/),
    },
  ])
})

test('the first words about each kind of error are kept, however few they are', async () => {
  await using server = await rawServer((socket, n) => {
    if (n === 3) socket.resetAndDestroy()
    else if (n === 5) socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf')
    else socket.write(n === 7 ? 'HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n' : okReply)
  })
  const { errors, errorWords } = await load(server.port, { rate: 100 })
  expect(errors).toEqual({ closed: 2, http_5xx: 1 })
  expect(errorWords).toEqual({ closed: 'read ECONNRESET', http_5xx: 'HTTP 503' })
})

test('a refusal counts as what it says, though the connection breaks behind it', async () => {
  await using server = await rawServer((socket) => {
    socket.write('HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\n\r\n')
    setTimeout(() => socket.resetAndDestroy(), 10)
  })
  const { errors, errorWords } = await load(server.port, {})
  expect(errors).toEqual({ http_4xx: 20 })
  expect(errorWords).toEqual({ http_4xx: 'HTTP 431' })
})

test('a reply without a length that breaks is none', async () => {
  await using server = await rawServer((socket) => {
    socket.write('HTTP/1.1 200 OK\r\n\r\nhalf')
    setTimeout(() => socket.resetAndDestroy(), 10)
  })
  expect((await load(server.port, {})).errors).toEqual({ closed: 20 })
})

test('a generator that may open no more files says so', { skip: process.platform !== 'linux' }, async () => {
  await using server = await rawServer((socket) => socket.write(okReply))
  const plan = { ...loadSchema.parse({ ...shape, connections: 100 }), url: server.url }
  const run = promisify(execFile)('sh', ['-c', `ulimit -n 60; exec "$0" "$1"`, process.execPath, agentEntry.pathname])
  run.child.stdin?.end(JSON.stringify(plan))
  const lines = (await run).stdout.trim().split('\n')
  const { result } = JSON.parse(lines.at(-1) ?? '')
  expect(result.keptConnections.asked).toBe(100)
  expect(result.keptConnections.had).toBeLessThan(60)
  expect(result.errorWords.connect).toMatch(
    /^connect EMFILE .*: the load generator may not open more files: raise `ulimit -n`$/,
  )
  expect(result.validity.reasons[0]).toMatchObject({ code: 'connections_missing' })
})
