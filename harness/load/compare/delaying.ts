/** A server whose replies take a known time: `node delaying.ts PORT DELAY_US`. Each request is stamped when it is read and when its reply is written. */
import { createServer } from 'node:http'
import { toDistribution } from '../histogram.ts'
import { emptyRecorder } from '../recorder.ts'

const [port, delayUs] = process.argv.slice(2).map(Number) as [number, number]
let took = emptyRecorder()

const server = createServer(({ url }, response) => {
  const from = performance.now()
  if (url === '/took') {
    response.end(JSON.stringify(toDistribution(took)))
    took = emptyRecorder()
    return
  }
  // Timers are no better than a millisecond.
  while ((performance.now() - from) * 1000 < delayUs);
  response.end('hello\n')
  took.record((performance.now() - from) * 1e6)
})
server.listen(port, '127.0.0.1')

/** Requests are looked for all the time: what waking up takes is no part of the delay. */
const look = () => setImmediate(look)
look()
