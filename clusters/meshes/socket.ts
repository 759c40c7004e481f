import type { Endpoint } from '../provider.ts'

/** An address and port that a proxy listens on or connects to. */
export interface Socket {
  host: string
  port: number
}

/** A named port of a place, as a socket; the place has one of that name. */
export function socketOf({ host, ports }: Endpoint, port: string): Socket {
  return { host, port: ports[port] ?? 0 }
}
