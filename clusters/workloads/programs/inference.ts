import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { setImmediate as turn } from 'node:timers/promises'
import { logitsOf, model, nextToken, toText, toTokens } from './inference-model.ts'

const minute = 60_000
const longest = 512
const largestBatch = 256
const mostTokens = 4096
const stats = { requests: 0, inferences: 0, tokens: 0 }

interface Tensor {
  name: string
  shape: number[]
  datatype: string
  data: number[]
}

/** A request that cannot be answered; its message says what was wanted. */
class BadRequest extends Error {}

const here = `/v2/models/${model.name}`
const answers: Record<string, (request: IncomingMessage, response: ServerResponse) => unknown> = {
  'GET /v2': () => ({ name: 'meshmark inference', version: '1', extensions: [] }),
  'GET /v2/health/live': () => ({ live: true }),
  'GET /v2/health/ready': () => ({ ready: true }),
  [`GET ${here}`]: () => ({
    name: model.name,
    versions: [model.version],
    platform: 'meshmark',
    inputs: [{ name: model.input, datatype: 'INT32', shape: [-1, -1] }],
    outputs: [{ name: model.output, datatype: 'FP32', shape: [-1, model.vocabulary] }],
  }),
  [`GET ${here}/ready`]: () => ({ name: model.name, ready: true }),
  [`POST ${here}/infer`]: async (request) => infer(parse(await text(request))),
  [`POST ${here}/generate_stream`]: async (request, response) => generate(parse(await text(request)), response),
}

// Limits that help a server against strangers would end connections in the middle of a trial.
const server = createServer(
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
server.on('error', (error) => {
  console.error(`inference: cannot listen: ${error.message}`)
  process.exit(1)
})
const port = Number(process.env.PORT_HTTP ?? 8080)
server.listen({ host: process.env.HOST ?? '0.0.0.0', port, backlog: 4096 })
// As the first process of a container it would not end otherwise.
process.on('SIGTERM', () => process.exit(0))

function infer({ id, inputs }: { id?: string; inputs?: Tensor[] }) {
  const input = inputs?.find(({ name }) => name === model.input)
  const [batch = 0, length = 0] = input?.shape ?? []
  const fits = batch >= 1 && batch <= largestBatch && length >= 1 && length <= longest
  const isToken = (token: unknown) => Number.isInteger(token) && Number(token) >= 0 && Number(token) < model.vocabulary
  if (!input || !fits || input.data?.length !== batch * length || !input.data.every(isToken))
    throw new BadRequest(
      `an input ${model.input} [1–${largestBatch}, 1–${longest}] of whole numbers below ${model.vocabulary}`,
    )
  stats.inferences += batch
  const data = Array.from(logitsOf(input.data, batch, length))
  const output = { name: model.output, datatype: 'FP32', shape: [batch, model.vocabulary], data }
  return { model_name: model.name, model_version: model.version, ...(id ? { id } : {}), outputs: [output] }
}

interface Generate {
  text_input?: string
  parameters?: { max_tokens?: number }
}

/** One forward pass a token; between two of them others have their turn. */
async function generate({ text_input, parameters }: Generate, response: ServerResponse): Promise<void> {
  const count = parameters?.max_tokens ?? 16
  const fits = typeof text_input === 'string' && text_input.length >= 1 && text_input.length <= longest
  if (!fits || !Number.isInteger(count) || count < 1 || count > mostTokens)
    throw new BadRequest(`text_input of 1 to ${longest} characters and parameters.max_tokens from 1 to ${mostTokens}`)
  const tokens = toTokens(text_input)
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' })
  for (let i = 0; i < count && !response.destroyed; i++) {
    const token = nextToken(tokens.slice(-longest))
    tokens.push(token)
    stats.tokens++
    const event = { model_name: model.name, model_version: model.version, text_output: toText(token) }
    response.write(`data: ${JSON.stringify(event)}\n\n`)
    await turn()
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
