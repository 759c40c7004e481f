import { expect, test } from 'vitest'
import { arrival } from './probes/arrival.ts'
import { requests } from './probes/requests.ts'
import { hopOf, type Part, splitServiceTime } from './split.ts'
import { type Child, echoClient, echoServer, measured, skipWithout, startNode } from './testing.ts'

/** Passes data on to port \`argv[1]\` and back, after \`argv[2]\` ms, or after \`argv[3]\` ms in which it reads nothing. */
const proxy = `
  const [, port, delayMs, deafMs] = process.argv.map(Number)
  const later = (act) => delayMs === 0 ? act() : setTimeout(act, delayMs)
  const server = require('net').createServer((socket) => {
    const next = require('net').connect(port, '127.0.0.1')
    for (const end of [socket, next]) end.setNoDelay(true).on('error', () => {})
    socket.on('data', (data) => later(() => next.write(data)))
    next.on('data', (data) => {
      socket.write(data)
      const until = performance.now() + deafMs
      if (deafMs > 0) setImmediate(() => { while (performance.now() < until) {} })
    })
  })
  server.listen(0, '127.0.0.1', () => console.log(server.address().port))
`

const plantedMs = 20
const asked = 60

/** A client, two proxies and an app, a relay that no hop is between the proxies; how long which of them holds a request. */
async function wayThrough(delaysMs: {
  clientProxy?: number
  network?: number
  serverProxy?: number
  deaf?: number
  app?: number
}) {
  await using stack = new AsyncDisposableStack()
  const start = async (source: string, ...args: (string | number)[]) =>
    stack.use(await startNode(source, { args: args.map(String) }))
  const app = await start(echoServer, delaysMs.app ?? 0)
  const serverProxy = await start(proxy, app.said, delaysMs.serverProxy ?? 0, delaysMs.deaf ?? 0)
  const network = await start(proxy, serverProxy.said, delaysMs.network ?? 0, 0)
  const clientProxy = await start(proxy, network.said, delaysMs.clientProxy ?? 0, 0)
  const served = stack.use(await requests.attach())
  const arrived = stack.use(await arrival.attach())
  const client = await start(echoClient, clientProxy.said, asked)
  const readings = [await measured(served), await measured(arrived)] as const
  const hop = (name: string, { pid }: Child) => {
    const [ofRequests, ofArrival] = readings.map(({ series }) => series.filter(({ source }) => source.pid === pid))
    return hopOf(name, ofRequests ?? [], ofArrival ?? [])
  }
  const hops = [
    hop('client', client),
    hop('client proxy', clientProxy),
    hop('server proxy', serverProxy),
    hop('app', app),
  ]
  return splitServiceTime(Number(client.said), hops)
}

test.for([
  ['client proxy', { clientProxy: plantedMs }, (part: Part) => part.kind === 'time' && part.at === 'client proxy'],
  ['network', { network: plantedMs }, (part: Part) => part.kind === 'network' && part.to === 'server proxy'],
  ['server proxy', { serverProxy: plantedMs }, (part: Part) => part.kind === 'time' && part.at === 'server proxy'],
  [
    'queue of the server proxy',
    { deaf: plantedMs },
    (part: Part) => part.kind === 'queueing' && part.at === 'server proxy',
  ],
  ['app', { app: plantedMs }, (part: Part) => part.kind === 'time' && part.at === 'app'],
] as const)(
  'a delay planted in the %s comes back from there',
  { timeout: 120_000 },
  async ([, delays, planted], { skip }) => {
    await skipWithout(requests, skip)
    const split = await wayThrough(delays)
    if (split.parts === null) throw new Error(split.reason)
    const us = split.parts.filter(planted).reduce((sum, part) => sum + part.us, 0)
    const elsewhere = split.parts.filter((part) => !planted(part)).map((part) => part.us)
    // Timers are early by up to 1 ms, or late where the machine is busy.
    expect(us, JSON.stringify(split)).toBeGreaterThan(plantedMs * 1000 * 0.9)
    expect(us, JSON.stringify(split)).toBeLessThan(plantedMs * 1000 * 1.2)
    expect(Math.max(...elsewhere), JSON.stringify(split)).toBeLessThan(us / 4)
    expect(split.addsUp, JSON.stringify(split)).toBe(true)
  },
)
