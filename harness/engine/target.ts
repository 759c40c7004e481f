import { lookup } from 'node:dns/promises'
import net from 'node:net'
import { defaultPorts } from '../load/schemes.ts'

const tryMs = 1000

/** Where a load goes. */
export interface Target {
  host: string
  port: number
  /** What other addresses the name has. */
  others: string[]
}

/**
 * Looks up the address that load goes to, once. Of several it returns the first that accepts a connection, since "localhost" may
 * have an address family that the server does not listen on; if none accepts, the first. UDP has no connections: there it is the
 * first of IPv4, which servers listen on by default. Throws when the name does not resolve.
 */
export async function resolveTarget(url: string): Promise<Target> {
  const { protocol, hostname, port: stated } = new URL(url)
  const port = stated === '' ? (defaultPorts[protocol] as number) : Number(stated)
  const name = hostname.replace(/^\[|\]$/g, '')
  const addresses = await lookup(name, { all: true }).catch((cause: NodeJS.ErrnoException) => {
    throw new Error(`the host name ${name} was not found (${cause.code})`, { cause })
  })
  const first = addresses[0]
  if (first === undefined) throw new Error(`${name} has no address`)
  const all = [...new Set(addresses.map(({ address }) => address))]
  const to = (host: string) => ({ host, port, others: all.filter((address) => address !== host) })
  if (protocol === 'udp:') return to((addresses.find(({ family }) => family === 4) ?? first).address)
  if (all.length > 1) for (const address of all) if (await accepts(address, port)) return to(address)
  return to(first.address)
}

function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect({ host, port })
    const end = (accepted: boolean) => {
      socket.destroy()
      resolve(accepted)
    }
    socket.setTimeout(tryMs, () => end(false))
    socket.on('connect', () => end(true))
    socket.on('error', () => end(false))
  })
}
