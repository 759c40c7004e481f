import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Server } from 'node:net'
import { text } from 'node:stream/consumers'
import { grpcServer } from './grpc-server.ts'
import { grpcMethods } from './inference-grpc.ts'
import { model } from './inference-model.ts'
import { BadRequest, generate, infer, metadata, serverName, stats } from './inference-service.ts'

const minute = 60_000

interface Tensor {
  name: string
  shape: number[]
  datatype: string
  data: number[]
}

const here = `/v2/models/${model.name}`
const answers: Record<string, (request: IncomingMessage, response: ServerResponse) => unknown> = {
  'GET /v2': () => ({ name: serverName, version: model.version, extensions: [] }),
  'GET /v2/health/live': () => ({ live: true }),
  'GET /v2/health/ready': () => ({ ready: true }),
  [`GET ${here}`]: () => metadata,
  [`GET ${here}/ready`]: () => ({ name: model.name, ready: true }),
  [`POST ${here}/infer`]: async (request) => answerBatch(parse(await text(request))),
  [`POST ${here}/generate_stream`]: async (request, response) => answerStream(parse(await text(request)), response),
}

// Limits that help a server against strangers would end connections in the middle of a trial.
const http = createServer(
  { keepAliveTimeout: 10 * minute, requestTimeout: 0, headersTimeout: 0 },
  async (request, response) => {
    const { method, url } = request
    if (url === '/healthz') return send(response, 200, {})
    if (url === '/stats') return send(response, 200, stats)
    stats.requests++
    const answer = answers[`${method} ${url}`]
    if (!answer) return send(response, 404, { error: `no ${method} ${url} here; the model is ${model.name}` })
    try {
      const body = await answer(request, response)
      if (body !== undefined) send(response, 200, body)
    } catch (error) {
      if (!(error instanceof BadRequest)) throw error
      send(response, 400, { error: error.message })
    }
  },
)

const host = process.env.HOST ?? '0.0.0.0'
const listen = (server: Server, port: number, then?: () => void) =>
  server
    .on('error', (error) => {
      console.error(`inference: cannot listen: ${error.message}`)
      process.exit(1)
    })
    .listen({ host, port, backlog: 4096 }, then)
// Readiness is read over HTTP: by then both ports are open.
listen(grpcServer('inference', grpcMethods, stats), Number(process.env.PORT_GRPC ?? 8081), () =>
  listen(http, Number(process.env.PORT_HTTP ?? 8080)),
)
// As the first process of a container it would not end otherwise.
process.on('SIGTERM', () => process.exit(0))

function answerBatch({ id, inputs }: { id?: string; inputs?: Tensor[] }) {
  const input = inputs?.find(({ name }) => name === model.input)
  const output = { name: model.output, datatype: 'FP32', ...infer(input?.shape, input?.data) }
  return { model_name: model.name, model_version: model.version, ...(id ? { id } : {}), outputs: [output] }
}

interface Generate {
  text_input?: string
  parameters?: { max_tokens?: number }
}

async function answerStream({ text_input, parameters }: Generate, response: ServerResponse): Promise<void> {
  const tokens = generate(text_input, parameters?.max_tokens)
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' })
  for await (const text_output of tokens) {
    if (response.destroyed) return
    const event = { model_name: model.name, model_version: model.version, text_output }
    response.write(`data: ${JSON.stringify(event)}\n\n`)
  }
  response.end()
}

function parse(body: string) {
  try {
    return JSON.parse(body)
  } catch {
    throw new BadRequest('a body in JSON')
  }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  const json = Buffer.from(JSON.stringify(body))
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': json.length }).end(json)
}
