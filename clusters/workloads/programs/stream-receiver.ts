import { createSocket } from 'node:dgram'
import { createServer as createHttpServer, type ServerResponse } from 'node:http'
import { createServer, type Socket } from 'node:net'
import { clockName, monotonicNs } from '../clock.ts'
import { datagramKinds, type StreamAccount, segmentHeader } from '../stream-wire.ts'
import { LoadAccount } from './stream-account.ts'

/** The kernel gives what it allows of this. */
const wantedBufferBytes = 64 << 20
/** Accounts of loads that came before these are dropped. */
const rememberedLoads = 32
const mostStreams = 100_000

const host = process.env.HOST ?? '0.0.0.0'
const portOf = (name: string, otherwise: number) => Number(process.env[`PORT_${name}`] ?? otherwise)
const clock = clockName()
const loads = new Map<number, LoadAccount>()
/** Of the latest datagram: the next one is most likely of the same load. */
let latestLoad = -1
let latestAccount = new LoadAccount()
let strangers = 0

function accountOf(load: number): LoadAccount {
  if (load === latestLoad) return latestAccount
  let account = loads.get(load)
  if (account === undefined) {
    account = new LoadAccount()
    loads.set(load, account)
    for (const oldest of loads.keys()) if (loads.size > rememberedLoads) loads.delete(oldest)
  }
  latestLoad = load
  latestAccount = account
  return account
}

/** Whether a datagram or connection begins with our header. */
function isOurs(bytes: Buffer): boolean {
  const { offset, magic } = segmentHeader
  return bytes.readUInt32LE(offset.magic) === magic && bytes.readUInt32LE(offset.stream) < mostStreams
}

const udp = createSocket(host.includes(':') ? 'udp6' : 'udp4')
udp.on('message', (datagram, from) => {
  const nowNs = monotonicNs()
  if (datagram.length < segmentHeader.bytes || !isOurs(datagram)) {
    strangers++
    return
  }
  const { offset } = segmentHeader
  const account = accountOf(datagram.readUInt32LE(offset.load))
  const kind = datagram.readUInt32LE(offset.kind)
  if (kind === datagramKinds.hello) {
    udp.send(datagram, from.port, from.address)
    return
  }
  const sequence = datagram.readDoubleLE(offset.sequence)
  const sentNs = datagram.readDoubleLE(offset.sentNs)
  account.takeDatagram(kind, datagram.readUInt32LE(offset.stream), sequence, sentNs, datagram.length, nowNs)
})

/** Each connection counts for the load that its first bytes name. */
function receive(socket: Socket): void {
  let account: LoadAccount | null = null
  let begun: Buffer = Buffer.alloc(0)
  // The account of a sender that is gone stays.
  socket.on('error', () => {})
  socket.on('data', (bytes) => {
    if (account !== null) {
      account.takeBytes(bytes.length, monotonicNs())
      return
    }
    begun = Buffer.concat([begun, bytes])
    if (begun.length < segmentHeader.bytes) return
    if (!isOurs(begun)) {
      strangers++
      socket.destroy()
      return
    }
    account = accountOf(begun.readUInt32LE(segmentHeader.offset.load))
    account.connected()
    account.takeBytes(begun.length, monotonicNs())
  })
}

const http = createHttpServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://stream-receiver')
  const [, load] = /^\/streams\/(\d+)$/.exec(pathname) ?? []
  if (load !== undefined) answer(response, 200, accountNow(Number(load), searchParams.has('delays')))
  else if (pathname === '/stats') answer(response, 200, { loads: loads.size, strangers })
  else if (pathname === '/healthz' || pathname === '/') answer(response, 200, 'ok')
  else answer(response, 404, `no ${pathname} here; /streams/LOAD, /stats and /healthz tell about the streams`)
})

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(`${JSON.stringify(body)}\n`)
}

/** A load without arrivals has an empty account. */
function accountNow(load: number, withDelays: boolean): StreamAccount {
  const { tcp, ...udp } = (loads.get(load) ?? new LoadAccount()).read(withDelays)
  return { clock, nowNs: monotonicNs(), tcp, udp: { ...udp, receiveBufferBytes } }
}

let receiveBufferBytes: number | null = null

/** Takes as much as the system allows: Linux gives what it has, others refuse what is too much. */
function enlargeBuffer(): void {
  for (let bytes = wantedBufferBytes; bytes >= 64 << 10; bytes >>= 1) {
    try {
      udp.setRecvBufferSize(bytes)
      break
    } catch {}
  }
  receiveBufferBytes = udp.getRecvBufferSize()
}

function fail(error: Error): never {
  console.error(`stream-receiver: cannot listen: ${error.message}`)
  process.exit(1)
}

const tcp = createServer(receive)
for (const server of [udp, tcp, http]) server.on('error', fail)
// The port of the readiness probe comes last.
udp.bind(portOf('UDP', 5202), host, () => {
  enlargeBuffer()
  tcp.listen({ host, port: portOf('TCP', 5201), backlog: 4096 }, () =>
    http.listen({ host, port: portOf('HTTP', 8080) }),
  )
})
// As the first process of a container it would not end otherwise.
process.on('SIGTERM', () => process.exit(0))
