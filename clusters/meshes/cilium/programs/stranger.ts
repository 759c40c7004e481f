import { createServer } from 'node:http'
import { tryPlain } from '../../access.ts'

/** GET `/try?host=&port=` sends a GET there and returns what it got; any other path returns `ok`. */
const server = createServer(async (request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://stranger')
  if (pathname !== '/try') return response.end('ok\n')
  const access = await tryPlain(searchParams.get('host') ?? '', Number(searchParams.get('port')), 1000)
  response.end(JSON.stringify(access))
})

server.listen({ host: process.env.HOST ?? '0.0.0.0', port: Number(process.env.PORT_HTTP ?? 8080) })
// As the first process of a container it would not end otherwise.
process.on('SIGTERM', () => process.exit(0))
