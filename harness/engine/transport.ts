import net from 'node:net'
import tls from 'node:tls'
import type { TargetedPlan } from '../load/plan.ts'
import { at, type ErrorKind, type Tally } from '../load/result/tally.ts'
import { isSecure } from '../load/schemes.ts'

const readBufferBytes = 65_536
/** How long a connection that will not be used again waits for the peer to close it first. */
const lingerMs = 1000

/** The address that sockets lead to, and the URL that it was found for. */
export interface Destination {
  host: string
  port: number
  spec: Pick<TargetedPlan, 'url' | 'tls'>
}

/** Who uses a socket. Each call names the socket, since one that was given up may still have events. */
export interface SocketOwner {
  /** It can be written to: with TLS, the handshake is done and the peer's certificate accepted. */
  opened(socket: net.Socket): void
  /** So many bytes are in the transport's buffer, until the call returns. */
  received(socket: net.Socket, length: number): void
  /**
   * It cannot be used any more; may be called more than once. null: the peer ended it in good order. connect: it was never
   * opened. tls: one side refused the other's handshake. closed: it broke. `words` say how, in the system's words.
   */
  over(socket: net.Socket, why: 'connect' | 'tls' | 'closed' | null, words: string): void
}

/** Opens the sockets of one thread's load, plain or TLS. They share a read buffer, since each read is parsed at once. */
export class Transport {
  readonly buffer: Buffer = Buffer.allocUnsafeSlow(readBufferBytes)
  readonly #to: { host: string; port: number }
  readonly #tls: tls.ConnectionOptions | null
  readonly #alpn: readonly string[]
  readonly #resumption: boolean
  readonly #tally: Tally | null
  /** The latest that the peer gave, where handshakes may be resumed. */
  #session: Buffer | undefined

  /**
   * `tally` counts the connections and the handshakes, and keeps the first words about each kind of error. `alpn` are the protocols
   * offered in a TLS handshake, the preferred one first: a server that chooses none of them is refused.
   */
  constructor({ host, port, spec }: Destination, tally: Tally | null, alpn: readonly string[] = []) {
    this.#to = { host, port }
    this.#tls = isSecure(spec.url) ? secureOptions(spec, alpn) : null
    this.#alpn = alpn
    this.#resumption = spec.tls?.resumption ?? false
    this.#tally = tally
  }

  /** `owner` is not called before this returns. */
  open(owner: SocketOwner): net.Socket {
    const onread = {
      buffer: this.buffer,
      callback: (length: number): boolean => {
        owner.received(socket, length)
        return true
      },
    }
    const socket: net.Socket =
      this.#tls === null ? net.connect({ ...this.#to, noDelay: true, onread }) : this.#secure(this.#tls, onread)
    let reached = false
    let open = false
    socket.on('connect', () => {
      reached = true
    })
    socket.on(this.#tls === null ? 'connect' : 'secureConnect', () => {
      const unfit = this.#tls === null ? null : unfitChoice(socket as tls.TLSSocket, this.#alpn)
      if (unfit !== null) {
        owner.over(socket, 'tls', unfit)
        socket.destroy()
        return
      }
      open = true
      this.#tally?.measured.add(at.connections, 1)
      owner.opened(socket)
    })
    const unopened = () => (reached ? 'tls' : 'connect')
    const closing = () => `the server closed the connection${open ? '' : ' in the handshake'}`
    socket.on('end', () => owner.over(socket, open ? null : unopened(), closing()))
    socket.on('error', (error: NodeJS.ErrnoException) => {
      owner.over(socket, isFromSsl(error) || !open ? unopened() : 'closed', socketFailure(error))
    })
    socket.on('close', () => owner.over(socket, open ? 'closed' : 'connect', 'the connection was closed'))
    return socket
  }

  /** Keeps the first words about a kind of error. */
  noteWords(kind: ErrorKind, words: string): void {
    this.#tally?.noteWords(kind, words)
  }

  /** Counts replies that no request waited for, and the requests whose latencies may be those of others by it. */
  noteSurplus(replies: number, doubtful: number): void {
    this.#tally?.measured.add(at.surplus, replies)
    this.#tally?.measured.add(at.doubtful, doubtful)
  }

  #secure(options: tls.ConnectionOptions, onread: net.OnReadOpts): net.Socket {
    const session = this.#session
    // It takes `onread`, though its types lack it.
    const all: tls.ConnectionOptions & { onread: net.OnReadOpts } = { ...options, ...this.#to, onread }
    const socket = tls.connect(session ? { ...all, session } : all)
    socket.setNoDelay(true)
    socket.on('secureConnect', () =>
      this.#tally?.measured.add(socket.isSessionReused() ? at.resumedHandshakes : at.fullHandshakes, 1),
    )
    if (this.#resumption)
      socket.on('session', (latest) => {
        this.#session = latest
      })
    return socket
  }
}

const isFromSsl = ({ code }: NodeJS.ErrnoException) => code?.startsWith('ERR_SSL_') ?? false

/** What the generator's own machine lacks, by code. */
const shortages: Record<string, string> = {
  EMFILE: 'the load generator may not open more files: raise `ulimit -n`',
  ENFILE: 'this machine has no more files to open (fs.file-max)',
  EADDRNOTAVAIL: 'no port of this machine is left for another connection there (net.ipv4.ip_local_port_range)',
}

/**
 * A socket's error as a message. OpenSSL's own has addresses in memory and file names around its reason; Node's has its own end of a
 * connection that there is none of.
 */
export function socketFailure(error: NodeJS.ErrnoException & { reason?: string }): string {
  if (isFromSsl(error) && error.reason) return error.reason
  const shortage = shortages[error.code ?? '']
  return shortage === undefined ? error.message : `${error.message.replace(/ - Local .*/, '')}: ${shortage}`
}

/** Why the protocol that the server chose in its handshake cannot be used; null when it was offered. */
export function unfitChoice({ alpnProtocol }: tls.TLSSocket, offered: readonly string[]): string | null {
  if (offered.length === 0 || offered.includes(alpnProtocol || '')) return null
  return `TLS without ${offered.join(' or ')}: the server chose ${alpnProtocol || 'no protocol'} (ALPN)`
}

/** Waits for the peer to close a socket that is not used any more: who closes first keeps the port for a minute. */
export function letPeerClose(socket: net.Socket): void {
  const timer = setTimeout(() => socket.destroy(), lingerMs)
  socket.once('close', () => clearTimeout(timer))
}

/**
 * The TLS options of a load's client. The server name that is sent and checked is the load's own, else the URL's. Where
 * the URL has an address, none is sent, and the certificate has to have the address.
 */
export function secureOptions(
  { url, tls: given }: Destination['spec'],
  alpn: readonly string[],
): tls.ConnectionOptions {
  const { hostname } = new URL(url)
  const servername = given?.serverName ?? (net.isIP(hostname.replace(/^\[|\]$/g, '')) === 0 ? hostname : undefined)
  const { ca, cert, key } = given ?? {}
  const files = { ...(ca ? { ca } : {}), ...(cert && key ? { cert, key } : {}) }
  return {
    secureContext: tls.createSecureContext(files),
    rejectUnauthorized: given?.verify ?? true,
    ...(servername === undefined ? {} : { servername }),
    ...(alpn.length > 0 ? { ALPNProtocols: [...alpn] } : {}),
  }
}
