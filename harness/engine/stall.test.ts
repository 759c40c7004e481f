import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { runLoad } from '../agent/process.ts'
import { loadSchema } from '../load/input/index.ts'

const server = `
  const reply = 'HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nok'
  const server = require('node:net').createServer((socket) => socket.on('data', () => socket.write(reply)).on('error', () => {}))
  server.listen(0, '127.0.0.1', () => console.log(server.address().port))
`
const rate = 1000
const windowMs = 5000
const stallMs = 1400

// A busy machine makes latencies longer and never shorter. How close they are to the closed form is in loop/open-loop.test.ts.
test('a stalled server shows in the percentiles at least as the closed form says', { timeout: 60_000 }, async () => {
  const child = spawn(process.execPath, ['-e', server], { stdio: ['ignore', 'pipe', 'inherit'] })
  try {
    const [port] = await once(child.stdout, 'data')
    const load = loadSchema.parse({ rate, duration: `${windowMs}ms`, warmUp: '1s', connections: 32 })
    let stalledMs = 0
    const stall = async () => {
      const from = performance.now()
      child.kill('SIGSTOP')
      await sleep(stallMs)
      child.kill('SIGCONT')
      stalledMs = performance.now() - from
    }
    let stalled: Promise<void> | undefined
    const onProgress = ({ phase }: { phase: string }) => {
      if (phase === 'measured') stalled ??= stall()
    }
    const result = await runLoad({ ...load, url: `http://127.0.0.1:${`${port}`.trim()}/` }, { onProgress })
    await stalled
    // An arrival t after the stall's begin waits stall − t: latencies fall evenly from the stall's length to 0, rate × stall of
    // them. So rate × (stall − x) arrivals are above x, and the share p of all rate × window arrivals is above
    // x(p) = stall − p × window. Replies after the stall come in the order of arrival, so the longest waits end first.
    const aboveMs = (share: number) => stalledMs - share * windowMs
    expect(result).toMatchObject({ requests: (rate * windowMs) / 1000, errors: {} })
    const msOf = (us: number | null) => (us ?? Number.NaN) / 1000
    expect(msOf(result.latency.p99Us) / aboveMs(0.01)).toBeGreaterThan(0.97)
    expect(msOf(result.latency.p90Us) / aboveMs(0.1)).toBeGreaterThan(0.97)
    // 32 requests were on their way, the others waited for a connection: the service time hides the stall.
    expect(msOf(result.serviceTime.p90Us)).toBeLessThan(stallMs / 4)
  } finally {
    child.kill('SIGKILL')
  }
})
