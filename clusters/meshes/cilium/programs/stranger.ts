import { createServer } from 'node:http'
import { knockPlain } from '../../proof.ts'

/** GET `/knock?host=&port=` answers what a GET to there got; anything else, that this runs. */
const server = createServer(async (request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://stranger')
  if (pathname !== '/knock') return response.end('ok\n')
  const knock = await knockPlain(searchParams.get('host') ?? '', Number(searchParams.get('port')), 1000)
  response.end(JSON.stringify(knock))
})

server.listen({ host: process.env.HOST ?? '0.0.0.0', port: Number(process.env.PORT_HTTP ?? 8080) })
// As the first process of a container it would not end otherwise.
process.on('SIGTERM', () => process.exit(0))
