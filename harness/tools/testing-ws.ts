import { createHash } from 'node:crypto'
import net from 'node:net'
import { listen } from '../engine/testing-listen.ts'

const guid = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
const op = { text: 1, binary: 2 } as const

export interface WsEcho extends AsyncDisposable {
  url: string
  messages: number
  last: string | Buffer | undefined
}

/** Sends back WebSocket messages of up to 125 bytes (RFC 6455), and keeps the last one. */
export async function startWsEcho(): Promise<WsEcho> {
  const server = net.createServer((socket) => {
    let pending: Buffer = Buffer.alloc(0)
    let upgraded = false
    socket.on('data', (data) => {
      pending = Buffer.concat([pending, data])
      if (!upgraded) {
        const end = pending.indexOf('\r\n\r\n')
        if (end < 0) return
        socket.write(upgrade(pending.subarray(0, end).toString()))
        pending = pending.subarray(end + 4)
        upgraded = true
      }
      for (let frame = readFrame(pending); frame; frame = readFrame(pending)) {
        pending = pending.subarray(frame.bytes)
        if (frame.opcode !== op.text && frame.opcode !== op.binary) return socket.end()
        echo.messages++
        echo.last = frame.opcode === op.text ? frame.payload.toString() : frame.payload
        socket.write(Buffer.concat([Buffer.of(0x80 | frame.opcode, frame.payload.length), frame.payload]))
      }
    })
  })
  const listening = await listen(server)
  const echo: WsEcho = {
    ...listening,
    url: `ws://127.0.0.1:${listening.port}/`,
    messages: 0,
    last: undefined,
  }
  return echo
}

function upgrade(head: string): string {
  const key = /^sec-websocket-key: *(\S+)/im.exec(head)?.[1] ?? ''
  const accept = createHash('sha1').update(`${key}${guid}`).digest('base64')
  const lines = ['Upgrade: websocket', 'Connection: Upgrade', `Sec-WebSocket-Accept: ${accept}`]
  return `HTTP/1.1 101 Switching Protocols\r\n${lines.join('\r\n')}\r\n\r\n`
}

/** A client's frame: masked, and short. Null while it is not all there. */
function readFrame(data: Buffer): { opcode: number; payload: Buffer; bytes: number } | null {
  if (data.length < 6) return null
  const [first = 0, second = 0] = data
  const bytes = 6 + (second & 0x7f)
  if (data.length < bytes) return null
  const mask = data.subarray(2, 6)
  const payload = Buffer.from(data.subarray(6, bytes).map((byte, i) => byte ^ (mask[i % 4] as number)))
  return { opcode: first & 0x0f, payload, bytes }
}
