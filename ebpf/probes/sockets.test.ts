import { once } from 'node:events'
import { statSync } from 'node:fs'
import { createConnection, createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { mean, percentile } from '../reading.ts'
import { type Child, echoClient, echoServer, measured, ofSource, skipWithout, startNode } from '../testing.ts'
import { arrival } from './arrival.ts'
import { connections } from './connections.ts'
import { requests } from './requests.ts'
import { rtt } from './rtt.ts'

const here = statSync('/proc/self/ns/net').ino

async function connected(port: number): Promise<Socket> {
  const socket = createConnection({ port, host: '127.0.0.1', noDelay: true })
  await once(socket, 'connect')
  return socket
}

async function roundTrip(socket: Socket): Promise<void> {
  socket.write('x')
  await once(socket, 'data')
}

const delayingServer = (delayMs: number) => startNode(echoServer, { args: [String(delayMs)] })

test('requests and rtt: a server that delays shows in requests, at both ends, and not in rtt', {
  timeout: 120_000,
}, async ({ skip }) => {
  await skipWithout(requests, skip)
  await using server = await delayingServer(20)
  await using watched = await requests.attach()
  await using watchedRtt = await rtt.attach()
  await using client = await startNode(echoClient, { args: [server.said, '50'] })
  const [reading, roundTrips] = [await measured(watched), await measured(watchedRtt)]
  const served = ofSource(reading, { pid: server.pid }, 'server')
  const called = ofSource(reading, { pid: client.pid, netns: here }, 'client')
  expect(served.count).toBe(50)
  expect(called.count).toBe(50)
  // Timers of Node may be 1 ms early. What the client itself measured is a little more than what its socket saw.
  expect(mean(served)).toBeGreaterThan(19_000)
  expect(mean(called)).toBeGreaterThan(mean(served) as number)
  expect(mean(called)).toBeLessThan(Number(client.said) + 50)
  expect(mean(called)).toBeGreaterThan(Number(client.said) * 0.9)
  expect(reading.series.filter(({ source, kind }) => source.pid === server.pid && kind === 'client')).toEqual([])
  const smallest = ofSource(roundTrips, { pid: client.pid }, 'smallest')
  expect(smallest.count).toBeGreaterThanOrEqual(49)
  expect(percentile(smallest, 50)).toBeLessThan(10_000)
})

test('arrival: what came while the server was stopped lay there until it went on', { timeout: 120_000 }, async ({
  skip,
}) => {
  await skipWithout(arrival, skip)
  await using server = await delayingServer(0)
  const socket = await connected(Number(server.said))
  await roundTrip(socket)
  await using attachment = await arrival.attach()
  server.signal('SIGSTOP')
  await sleep(50)
  const reply = roundTrip(socket)
  await sleep(400)
  server.signal('SIGCONT')
  await reply
  const reading = await measured(attachment)
  socket.destroy()
  const lay = ofSource(reading, { pid: server.pid }, 'server')
  expect(lay.count).toBe(1)
  expect(lay.sum).toBeGreaterThan(395_000)
  expect(lay.sum).toBeLessThan(700_000)
  // It was not the CPU that it waited for.
  const forCpu = ofSource(reading, { pid: server.pid }, 'server-cpu')
  expect(forCpu.count).toBe(1)
  expect(forCpu.sum).toBeLessThan(200_000)
  expect(ofSource(reading, { pid: process.pid }, 'client').count).toBe(1)
})

test('connections: opened, accepted, refused, and how long they lived', { timeout: 120_000 }, async ({ skip }) => {
  await skipWithout(connections, skip)
  await using server: Child = await delayingServer(0)
  const closed = createServer().listen(0, '127.0.0.1')
  await once(closed, 'listening')
  const { port: closedPort } = closed.address() as { port: number }
  closed.close()
  await once(closed, 'close')
  await using attachment = await connections.attach()
  for (let i = 0; i < 5; i++) {
    const socket = await connected(Number(server.said))
    await roundTrip(socket)
    await sleep(100)
    socket.end()
    await once(socket, 'close')
  }
  for (let i = 0; i < 3; i++) await expect(connected(closedPort)).rejects.toThrow('ECONNREFUSED')
  const reading = await measured(attachment)
  const mine = (kind: string) => ofSource(reading, { pid: process.pid, netns: here }, kind)
  const servers = (kind: string) => ofSource(reading, { pid: server.pid, netns: here }, kind)
  expect(mine('opened').count).toBe(5)
  expect(servers('accepted').count).toBe(5)
  expect(mine('refused').count).toBe(3)
  expect(mine('failed').count).toBe(0)
  expect(mean(mine('opened'))).toBeLessThan(50_000)
  for (const lived of [mine('lifetime'), servers('lifetime')]) {
    expect(lived.count).toBe(5)
    expect(mean(lived)).toBeGreaterThan(99_000)
    expect(mean(lived)).toBeLessThan(500_000)
  }
})
