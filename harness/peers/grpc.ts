import { closedLoop } from './closed-loop.ts'
import { ping, startFortioGrpc } from './fortio-grpc.ts'

export const grpc = closedLoop({
  title: 'gRPC, unary calls, closed loop',
  conditions: '4 connections × 8 calls, a grpc-go server on one core',
  load: { protocol: 'grpc', connections: 4, grpc: { ...ping, streams: 8 } },
  peers: { ghz: { rateAtLeast: 2, cpuAtMost: 1 / 8 } },
  startServer: startFortioGrpc,
})
