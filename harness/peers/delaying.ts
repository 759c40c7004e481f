/**
 * A server whose replies take a known time: `node delaying.ts PORT DELAY_US`. A request, which has to come in one piece, is stamped when
 * it is read, and its reply when it is written. `/took` returns how long they took.
 */
import { createServer, type Socket } from 'node:net'
import { toDistribution } from '../load/result/histogram.ts'
import { emptyRecorder } from '../load/result/recorder.ts'

const [port, delayUs] = process.argv.slice(2).map(Number) as [number, number]
const waiting: { socket: Socket; since: number }[] = []
let took = emptyRecorder()

createServer({ noDelay: true }, (socket) => {
  socket.on('error', () => {})
  socket.on('data', (request) => {
    const since = performance.now()
    if (!request.includes('/took')) {
      waiting.push({ socket, since })
      return
    }
    socket.end(reply(JSON.stringify(toDistribution(took))))
    took = emptyRecorder()
  })
}).listen(port, '127.0.0.1')

const reply = (body: string) => Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
const hello = reply('hello\n')

/** Timers are no better than a millisecond, and waking up takes time that is no part of the delay: it looks all the time. */
function look(): void {
  for (let first = waiting[0]; first && (performance.now() - first.since) * 1000 >= delayUs; first = waiting[0]) {
    waiting.shift()
    first.socket.write(hello)
    took.record((performance.now() - first.since) * 1e6)
  }
  setImmediate(look)
}
look()
