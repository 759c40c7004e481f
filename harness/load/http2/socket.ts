import net from 'node:net'

/** Who uses a socket. */
export interface SocketOwner {
  opened(): void
  /** So many bytes are in the read buffer, until the call returns. */
  received(length: number): void
  /** It is of no use any more; may be told more than once. */
  over(): void
}

/** Opens a connection; nothing is heard of it before this returns. */
export function openSocket(to: { host: string; port: number }, buffer: Buffer, owner: SocketOwner): net.Socket {
  const socket = net.connect({
    host: to.host,
    port: to.port,
    noDelay: true,
    onread: {
      buffer,
      callback: (length) => {
        owner.received(length)
        return true
      },
    },
  })
  socket.on('connect', () => owner.opened())
  const over = () => owner.over()
  socket.on('end', over)
  socket.on('error', over)
  socket.on('close', over)
  return socket
}
