import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import net, { type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { execa } from 'execa'

const readyWithinMs = 5000

/** One nginx worker on one core that answers every request with the same few bytes. */
export async function startNginx(binary: string, core: number): Promise<AsyncDisposable & { url: string }> {
  const dir = await mkdtemp(join(tmpdir(), 'meshmark-nginx-'))
  const port = await freePort()
  const config = `
worker_processes 1;
daemon off;
pid ${dir}/nginx.pid;
error_log stderr error;
events { worker_connections 4096; }
http {
  access_log off;
  client_body_temp_path ${dir}/body;
  keepalive_requests 1000000000;
  server { listen 127.0.0.1:${port}; location / { return 200 "hello\\n"; } }
}
`
  await writeFile(join(dir, 'nginx.conf'), config)
  const server = execa('taskset', ['-c', `${core}`, binary, '-p', dir, '-c', join(dir, 'nginx.conf')], {
    reject: false,
  })
  let ended = false
  server.then(() => {
    ended = true
  })
  const stop = async () => {
    server.kill('SIGTERM')
    await server
    await rm(dir, { recursive: true, force: true })
  }
  const deadline = Date.now() + readyWithinMs
  while (!(await answers(port))) {
    if (!ended && Date.now() < deadline) {
      await sleep(20)
      continue
    }
    await stop()
    throw new Error(`nginx did not listen on 127.0.0.1:${port} within ${readyWithinMs} ms: ${(await server).stderr}`)
  }
  return { url: `http://127.0.0.1:${port}/`, [Symbol.asyncDispose]: stop }
}

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

async function answers(port: number): Promise<boolean> {
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
