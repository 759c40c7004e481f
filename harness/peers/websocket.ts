import { closedLoop } from './closed-loop.ts'
import { startWorkload } from './server.ts'

async function startEcho(core: number) {
  const server = await startWorkload('ws-echo', core)
  return { ...server, url: server.url.replace('http:', 'ws:') }
}

export const websocket = closedLoop({
  title: 'WebSocket, echo, closed loop',
  conditions: '32 connections, messages of 64 bytes, the ws-echo workload on one core',
  load: { protocol: 'websocket', connections: 32, websocket: { mode: 'echo', messageBytes: 64 } },
  peers: {},
  startServer: startEcho,
})
