import { findServer, freePort, type Server, startServer } from './server.ts'

const method = 'fgrpc.PingServer/Ping'

/** A unary call of it: a few bytes that come back. */
export const ping = { method, message: { payload: 'hello' } }

/** fortio's gRPC server, which is grpc-go, on one core. */
export async function startFortioGrpc(core: number): Promise<Server> {
  const binary = await findServer('fortio', 'go install fortio.org/fortio@v1.68.2')
  const port = await freePort()
  const others = ['http', 'redirect', 'tcp', 'udp'].flatMap((one) => [`-${one}-port`, 'disabled'])
  const args = ['server', ...others, '-ui-path', '', '-loglevel', 'Error', '-gomaxprocs', '1']
  return startServer([binary, ...args, '-grpc-port', `127.0.0.1:${port}`], core, port)
}
