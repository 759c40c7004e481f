import { fileURLToPath } from 'node:url'
import { programBeside } from '../../../clusters/bundle.ts'
import { closedLoop } from './closed-loop.ts'
import { freePort, startServer } from './server.ts'

/** The workload that sends messages back. */
const program = programBeside(import.meta.url, '../../../clusters/workloads/programs/ws-echo')

async function startEcho(core: number) {
  const port = await freePort()
  const env = ['env', 'HOST=127.0.0.1', `PORT_HTTP=${port}`]
  const server = await startServer([...env, process.execPath, fileURLToPath(program)], core, port)
  return { ...server, url: server.url.replace('http:', 'ws:') }
}

export const websocket = closedLoop({
  title: 'WebSocket, echo, closed loop',
  conditions: '32 connections, messages of 64 bytes, the ws-echo workload on one core',
  load: { protocol: 'websocket', connections: 32, websocket: { mode: 'echo', messageBytes: 64 } },
  peers: { k6: { rateAtLeast: 8 } },
  startServer: startEcho,
})
