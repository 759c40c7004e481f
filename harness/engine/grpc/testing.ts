import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { grpcEcho } from '../../../clusters/workloads/grpc-echo.ts'
import { freePort } from '../../peers/server.ts'

export interface EchoServer extends AsyncDisposable {
  url: string
  /** Calls of the service so far. */
  calls(): Promise<number>
}

/** Runs grpc-echo for a test. */
export async function startEcho(env: Record<string, string> = {}): Promise<EchoServer> {
  const port = await freePort()
  const settings = { ...process.env, HOST: '127.0.0.1', PORT_GRPC: String(port), ...env }
  const child = spawn(process.execPath, [fileURLToPath(grpcEcho.entry)], { env: settings, stdio: 'inherit' })
  const url = `http://127.0.0.1:${port}/`
  const calls = async () => ((await (await fetch(`${url}stats`)).json()) as { requests: number }).requests
  while (child.exitCode === null && (await calls().catch(() => null)) === null) await sleep(20)
  return {
    url,
    calls,
    async [Symbol.asyncDispose]() {
      child.kill()
      await once(child, 'exit')
    },
  }
}
