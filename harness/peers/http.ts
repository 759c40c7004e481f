import { closedLoop } from './closed-loop.ts'
import { startNginx } from './nginx.ts'

export const http = closedLoop({
  title: 'HTTP/1.1, closed loop',
  conditions: '32 connections, no pipelining, one nginx worker',
  load: { protocol: 'http', connections: 32 },
  peers: {
    wrk: { rateAtLeast: 1, cpuAtMost: 1 },
    fortio: { rateAtLeast: 1.1 },
    autocannon: { rateAtLeast: 2.5 },
    h2load: {},
  },
  startServer: startNginx,
})
