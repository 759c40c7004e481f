import { closedLoop } from './closed-loop.ts'
import { findServer, freePort, startServer } from './server.ts'

async function startNghttpd(core: number) {
  const binary = await findServer('nghttpd', 'apt-get install nghttp2-server')
  const port = await freePort()
  // It replies with a page for a file that is not there: the smallest it has without a folder of its own.
  return startServer([binary, '--no-tls', '--address=127.0.0.1', '--workers=1', `${port}`], core, port)
}

export const h2 = closedLoop({
  title: 'HTTP/2, closed loop',
  conditions: '4 connections × 8 streams without TLS, nghttpd with one worker',
  load: { protocol: 'http2', connections: 4, http2: { streams: 8 } },
  peers: { h2load: { rateAtLeast: 0.9 } },
  startServer: startNghttpd,
})
