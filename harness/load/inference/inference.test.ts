import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { inference } from '../../../clusters/workloads/inference.ts'
import { loadResultSchema } from '../../../reports/record.ts'
import { parseConfig } from '../../config.ts'
import { runLoad } from '../run.ts'
import { type LoadInput, loadSchema } from '../spec.ts'

const load = async (url: string, input: LoadInput['inference'], more: LoadInput = {}) => {
  const shape = {
    protocol: 'inference',
    duration: '1s',
    warmUp: '0s',
    timeout: '5s',
    connections: 2,
    rate: 20,
  } as const
  const parsed = parseConfig(loadSchema, { ...shape, ...more, inference: input }, 'load')
  return loadResultSchema.parse(await runLoad({ ...parsed, url }))
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** The workload's program, by itself. */
async function program() {
  const port = await freePort()
  const env = { ...process.env, HOST: '127.0.0.1', PORT_HTTP: `${port}` }
  const child = spawn(process.execPath, [fileURLToPath(inference.entry)], { env, stdio: 'inherit' })
  const url = `http://127.0.0.1:${port}/`
  const get = async (path: string) => (await fetch(new URL(path, url))).json()
  await expect.poll(() => get('healthz').catch(() => null), { timeout: 10_000 }).not.toBeNull()
  return {
    url,
    stats: () => get('stats'),
    async [Symbol.asyncDispose]() {
      child.kill()
      await once(child, 'exit')
    },
  }
}

/** A server that says it is ours, and answers with `answer`. */
async function impostor(answer: RequestListener) {
  const metadata = { inputs: [{ name: 'tokens', datatype: 'INT32' }], platform: 'meshmark' }
  const server = createServer((request, response) =>
    request.method === 'GET' ? response.end(JSON.stringify(metadata)) : answer(request, response),
  ).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

describe.concurrent('an inference load', { retry: 2 }, () => {
  test('sends batches; what it asked beforehand counts as warm-up', async () => {
    await using server = await program()
    const result = await load(server.url, { batch: 3, inputLength: 4 })
    expect(result).toMatchObject({ requests: 20, warmUpRequests: 2, errors: {} })
    expect(result.firstMessage).toBeUndefined()
    expect(await server.stats()).toEqual({ requests: 22, inferences: 63, tokens: 0 })
  })

  test('counts the tokens of streams, and the time to the first of them', async () => {
    await using server = await program()
    const result = await load(server.url, { stream: true, tokens: 8 }, { threads: 2 })
    expect(result).toMatchObject({ requests: 20, errors: {}, messages: 160, firstMessage: { count: 20 } })
    expect(result.firstMessage?.p50Us).toBeLessThan(result.latency.p50Us ?? 0)
    expect(await server.stats()).toMatchObject({ requests: 23, tokens: 168 })
  })

  test("an answer that is not the model's ends it before it begins", async () => {
    const data = Array(64).fill(0)
    const reply = { outputs: [{ name: 'logits', shape: [1, 64], datatype: 'FP32', data }] }
    await using batches = await impostor((_, response) => response.end(JSON.stringify(reply)))
    await expect(load(batches.url, {})).rejects.toThrow(/before the load: logits\[0\] is 0, not -?\d/)
    await using short = await impostor((_, response) =>
      response.end(JSON.stringify({ outputs: [{ ...reply.outputs[0], data: [1] }] })),
    )
    await expect(load(short.url, {})).rejects.toThrow('has 1 values where its shape is [1,64]')
    await using streams = await impostor((_, response) => response.end('data: {"text_output":"nonsense"}\n\n'))
    await expect(load(streams.url, { stream: true })).rejects.toThrow('the text is "nonsense", not "')
  })

  test('so does a server that has no such model, or is none', async () => {
    await using server = await program()
    await expect(load(server.url, { model: 'large' })).rejects.toThrow(
      /GET \/v2\/models\/large, before the load: status 404: .*the model is tiny/,
    )
    await using other = await impostor((_, response) => response.end('hello'))
    await expect(load(other.url, {})).rejects.toThrow(
      'the reply of the model is not of the open inference protocol: "hello"',
    )
  })
})

test('what does not go together is named', () => {
  const wrong = (input: LoadInput) => () => parseConfig(loadSchema, { protocol: 'inference', ...input }, 'load')
  expect(wrong({ path: '/x' })).toThrow('path: received "/x"; none; inference.model says where it leads')
  expect(wrong({ inference: { stream: true, batch: 2 } })).toThrow('inference.batch: received 2; 1, of a stream')
  expect(wrong({ inference: { tokens: 2 } })).toThrow('inference.tokens: received 2; none, unless stream is true')
})
