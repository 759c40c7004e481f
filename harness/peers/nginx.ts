import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findServer, freePort, type Server, startServer } from './server.ts'

/** One nginx worker on one core that replies to every request with the same few bytes. */
export async function startNginx(core: number): Promise<Server> {
  const binary = await findServer('nginx', 'apt-get install nginx-light')
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
  const remove = () => rm(dir, { recursive: true, force: true })
  try {
    await writeFile(join(dir, 'nginx.conf'), config)
    const server = await startServer([binary, '-p', dir, '-c', join(dir, 'nginx.conf')], core, port)
    const stop = async () => {
      await server[Symbol.asyncDispose]()
      await remove()
    }
    return { url: server.url, [Symbol.asyncDispose]: stop }
  } catch (error) {
    await remove()
    throw error
  }
}
