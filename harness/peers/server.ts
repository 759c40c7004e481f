import { once } from 'node:events'
import net, { type AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import { programBeside } from '../../clusters/bundle.ts'

const readyWithinMs = 5000

export interface Server extends AsyncDisposable {
  url: string
}

/** Starts a server on one core; ready as soon as its port of 127.0.0.1 accepts a connection. */
export async function startServer(command: readonly string[], core: number, port: number): Promise<Server> {
  const server = execa('taskset', ['-c', `${core}`, ...command], { reject: false })
  let ended = false
  server.then(() => {
    ended = true
  })
  const stop = async () => {
    server.kill('SIGTERM')
    await server
  }
  const deadline = Date.now() + readyWithinMs
  while (!(await accepts(port))) {
    if (!ended && Date.now() < deadline) {
      await sleep(20)
      continue
    }
    await stop()
    throw new Error(
      `${command[0]} did not listen on 127.0.0.1:${port} in ${readyWithinMs} ms: ${(await server).stderr}`,
    )
  }
  return { url: `http://127.0.0.1:${port}/`, [Symbol.asyncDispose]: stop }
}

/** Starts a workload that serves HTTP, by its program's name. */
export async function startWorkload(name: string, core: number): Promise<Server> {
  const port = await freePort()
  const program = programBeside(import.meta.url, `../../clusters/workloads/programs/${name}`)
  const env = ['env', 'HOST=127.0.0.1', `PORT_HTTP=${port}`]
  return startServer([...env, process.execPath, fileURLToPath(program)], core, port)
}

/** The file of a program, which may be among those of the administrator. Throws when it is not there, with how to get it. */
export async function findServer(name: string, remedy: string): Promise<string> {
  const found = await execa('which', [name], { reject: false, env: { PATH: `${process.env.PATH}:/usr/sbin:/sbin` } })
  if (found.exitCode !== 0) throw new Error(`${name} was not found; ${remedy}`)
  return found.stdout
}

export async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

async function accepts(port: number): Promise<boolean> {
  const socket = net.connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
