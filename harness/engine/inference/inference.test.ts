import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { type AddressInfo, connect, createServer as createNetServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { createServer as createTlsServer } from 'node:tls'
import { fileURLToPath } from 'node:url'
import protobuf from 'protobufjs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { inference } from '../../../clusters/workloads/inference.ts'
import { inferenceProto } from '../../../clusters/workloads/inference-proto.ts'
import { grpcServer } from '../../../clusters/workloads/programs/grpc-server.ts'
import type { ServerCall } from '../../../clusters/workloads/programs/server-call.ts'
import { loadResultSchema } from '../../../reports/load-result.ts'
import { runLoad } from '../../agent/process.ts'
import { loadHere } from '../../agent/testing.ts'
import { testAuthority } from '../../agent/testing-tls.ts'
import { parseConfig } from '../../config.ts'
import { type LoadInput, loadSchema } from '../../load/input/index.ts'
import { withContents } from '../../load/tls.ts'
import { freePort } from '../../peers/server.ts'
import { startEcho } from '../grpc/testing.ts'
import { listen } from '../testing-listen.ts'

const specOf = (url: string, input: LoadInput['inference'], more: LoadInput) => {
  const shape = {
    protocol: 'inference',
    duration: '1s',
    warmUp: '0s',
    timeout: '5s',
    connections: 2,
    rate: 20,
  } as const
  return { ...parseConfig(loadSchema, { ...shape, ...more, inference: input }, 'load'), url }
}
const load = async (url: string, input: LoadInput['inference'], more: LoadInput = {}) =>
  loadResultSchema.parse(await runLoad(specOf(url, input, more)))

/** The same from within the test, which saves the start of an agent. */
const loadWithin = (url: string, input: LoadInput['inference'], more: LoadInput = {}) => {
  const { tls, ...spec } = specOf(url, input, more)
  return loadHere({ ...spec, ...(tls ? { tls: withContents(tls) } : {}) })
}

/** The workload's program, by itself. */
async function program() {
  const [http, grpc] = [await freePort(), await freePort()]
  const env = { ...process.env, HOST: '127.0.0.1', PORT_HTTP: `${http}`, PORT_GRPC: `${grpc}` }
  const child = spawn(process.execPath, [fileURLToPath(inference.entry)], { env, stdio: 'inherit' })
  const url = `http://127.0.0.1:${http}/`
  const get = async (path: string) => (await fetch(new URL(path, url))).json()
  // Not by `expect.poll`, which loses its test among others that run at once.
  while (child.exitCode === null && (await get('healthz').catch(() => null)) === null) await sleep(20)
  return {
    url,
    grpcUrl: `http://127.0.0.1:${grpc}/`,
    stats: () => get('stats'),
    async [Symbol.asyncDispose]() {
      child.kill()
      await once(child, 'exit')
    },
  }
}

/** For tests that do not count what it was asked. */
let shared: Awaited<ReturnType<typeof program>>
beforeAll(async () => {
  shared = await program()
})
afterAll(() => shared[Symbol.asyncDispose]())

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
    await expect(loadWithin(batches.url, {})).rejects.toThrow(/before the load: logits\[0\] is 0, not -?\d/)
    await using short = await impostor((_, response) =>
      response.end(JSON.stringify({ outputs: [{ ...reply.outputs[0], data: [1] }] })),
    )
    await expect(loadWithin(short.url, {})).rejects.toThrow('has 1 values where its shape is [1,64]')
    await using streams = await impostor((_, response) => response.end('data: {"text_output":"nonsense"}\n\n'))
    await expect(loadWithin(streams.url, { stream: true })).rejects.toThrow('the text is "nonsense", not "')
  })

  test('so does a server that has no such model, or is none', async () => {
    await expect(loadWithin(shared.url, { model: 'large' })).rejects.toThrow(
      /GET \/v2\/models\/large, before the load: status 404: .*the model is tiny/,
    )
    await using other = await impostor((_, response) => response.end('hello'))
    await expect(loadWithin(other.url, {})).rejects.toThrow(
      'the reply of the model is not of the open inference protocol: "hello"',
    )
  })
})

/** A server of calls that says its model is ours, and answers other calls with these messages. */
async function grpcImpostor(metadata: object, answers: readonly object[], type = 'ModelInferResponse') {
  const { root } = protobuf.parse(inferenceProto, { keepCase: true })
  const encoded = (name: string, value: object) => {
    const found = root.lookupType(`inference.${name}`)
    return Buffer.from(found.encode(found.fromObject(value)).finish())
  }
  const answer = (messages: Buffer[]) => (call: ServerCall) =>
    call.read(
      () => {},
      () => {
        for (const one of messages) call.send(one)
        call.end(0)
      },
    )
  const other = answer(answers.map((one) => encoded(type, one)))
  const service = '/inference.GRPCInferenceService'
  const methods = new Map([
    [`${service}/ModelMetadata`, answer([encoded('ModelMetadataResponse', metadata)])],
    [`${service}/ModelInfer`, other],
    [`${service}/ModelStreamInfer`, other],
  ])
  const listening = await listen(grpcServer('impostor', methods, {}))
  return { ...listening, url: `http://127.0.0.1:${listening.port}/` }
}

describe.concurrent('an inference load over gRPC', { retry: 2 }, () => {
  const grpc = (url: string, input: LoadInput['inference'], more: LoadInput = {}) =>
    loadWithin(url, { over: 'grpc', ...input }, { duration: '500ms', rate: 40, ...more })

  test('sends batches; what it asked beforehand counts as warm-up', async () => {
    await using server = await program()
    const result = await grpc(server.grpcUrl, { batch: 3, inputLength: 4 }, { headers: { Authorization: 'x' } })
    expect(result).toMatchObject({ requests: 20, warmUpRequests: 2, errors: {} })
    expect(result.firstMessage).toBeUndefined()
    expect(await server.stats()).toEqual({ requests: 22, inferences: 63, tokens: 0 })
  })

  test('counts the tokens of streams, and the time to the first of them', async () => {
    await using server = await program()
    const asked = { over: 'grpc', stream: true, tokens: 8, streams: 2 } as const
    const result = await load(server.grpcUrl, asked, { threads: 2 })
    expect(result).toMatchObject({ requests: 20, errors: {}, messages: 160, firstMessage: { count: 20 } })
    expect(result.firstMessage?.p50Us).toBeLessThan(result.latency.p50Us ?? 0)
    expect(await server.stats()).toMatchObject({ requests: 23, tokens: 168 })
  })

  const tokens = { inputs: [{ name: 'tokens', datatype: 'INT32', shape: [-1, -1] }], platform: 'meshmark' }
  const logits = { name: 'logits', datatype: 'FP32', shape: [1, 64] }

  test("an answer that is not the model's ends it before it begins", async () => {
    await using zeros = await grpcImpostor(tokens, [{ outputs: [logits], raw_output_contents: [Buffer.alloc(256)] }])
    await expect(grpc(zeros.url, {})).rejects.toThrow(/before the load: logits\[0\] is 0, not -?\d/)
    await using short = await grpcImpostor(tokens, [{ outputs: [{ ...logits, contents: { fp32_contents: [1] } }] }])
    await expect(grpc(short.url, {})).rejects.toThrow('has 1 values where its shape is [1,64]')
    const text = { name: 'text_output', datatype: 'BYTES', shape: [1] }
    const raw = Buffer.from('\x08\0\0\0nonsense')
    const nonsense = { infer_response: { outputs: [text], raw_output_contents: [raw] } }
    await using streams = await grpcImpostor(tokens, [nonsense], 'ModelStreamInferResponse')
    await expect(grpc(streams.url, { stream: true })).rejects.toThrow('the text is "nonsense", not "')
    await using silent = await grpcImpostor(tokens, [], 'ModelStreamInferResponse')
    await expect(grpc(silent.url, { stream: true })).rejects.toThrow('the stream has no message')
  })

  test('so does a server that has no such model, or is none, or takes what is not asked', async () => {
    await expect(grpc(shared.grpcUrl, { model: 'large' })).rejects.toThrow(
      'ModelMetadata, before the load: grpc_not_found: no model large here; the model is tiny',
    )
    await expect(grpc(shared.url, {})).rejects.toThrow('does not speak HTTP/2, which inference over gRPC needs')
    await expect(grpc(shared.grpcUrl, { stream: true, inputLength: 600 })).rejects.toThrow(
      'before the load: the model answered: text_input of 1 to 512 characters',
    )
    await using texts = await grpcImpostor({ inputs: [{ name: 'text', datatype: 'BYTES' }] }, [])
    await expect(grpc(texts.url, {})).rejects.toThrow('its input text is of BYTES; supported are BOOL, INT8')
    await using echo = await startEcho()
    await expect(grpc(echo.url, {})).rejects.toThrow('ModelMetadata, before the load: grpc_unimplemented')
  })

  test('streams without a token, or with an error in one, are errors', async () => {
    const metadata = { ...tokens, platform: 'other' }
    const token = { infer_response: { outputs: [{ name: 'text_output', datatype: 'BYTES', shape: [1] }] } }
    const type = 'ModelStreamInferResponse'
    await using server = await grpcImpostor(metadata, [token, token], type)
    const fine = await grpc(server.url, { stream: true })
    expect(fine).toMatchObject({ requests: 20, messages: 40 })
    expect(fine.errors).toEqual({})
    for (const [answers, kind] of [
      [[], 'protocol'],
      [[token, { error_message: 'out of memory' }], 'grpc_unknown'],
    ] as const) {
      let asked = 0
      await using failing = await grpcImpostor(metadata, answers, type)
      await using front = await listen(
        createNetServer((socket) => {
          // The check for HTTP/2, the metadata and the first reply are those of a server that works.
          const { port } = asked++ < 3 ? server : failing
          const behind = connect(port, '127.0.0.1')
          socket.pipe(behind).pipe(socket)
          for (const one of [socket, behind]) one.on('error', () => {})
        }),
      )
      const { errors } = await grpc(`http://127.0.0.1:${front.port}/`, { stream: true })
      expect(errors).toEqual({ [kind]: 20 })
    }
  })

  test('over TLS it asks beforehand as it does later', async () => {
    using authority = await testAuthority()
    const front = createTlsServer({ ...(await authority.issue()), ALPNProtocols: ['h2'] }, (socket) => {
      const behind = connect(Number(new URL(shared.grpcUrl).port), '127.0.0.1')
      socket.pipe(behind).pipe(socket)
      for (const one of [socket, behind]) one.on('error', () => {})
    })
    front.on('tlsClientError', () => {})
    await using listening = await listen(front)
    const url = `https://127.0.0.1:${listening.port}/`
    const tls = { caFile: authority.caFile }
    const result = await grpc(url, { stream: true, tokens: 2 }, { tls })
    expect(result).toMatchObject({ requests: 20, errors: {}, messages: 40, handshakes: { full: 2, resumed: 0 } })
    await expect(grpc(url, {}, { tls: {} })).rejects.toThrow('unable to verify the first certificate')
    const plain = shared.grpcUrl.replace('http:', 'https:')
    await expect(grpc(plain, {})).rejects.toThrow('ModelMetadata, before the load: wrong version number')
  })
})

test('what does not go together is named', () => {
  const wrong = (input: LoadInput) => () => parseConfig(loadSchema, { protocol: 'inference', ...input }, 'load')
  expect(wrong({ path: '/x' })).toThrow('path: received "/x"; none: it comes from inference.model')
  expect(wrong({ inference: { stream: true, batch: 2 } })).toThrow('inference.batch: received 2; 1, of a stream')
  expect(wrong({ inference: { streams: 2 } })).toThrow('inference.streams: received 2; none, unless over is grpc')
  expect(wrong({ inference: { over: 'grpc' }, requestsPerConnection: 5 })).toThrow(
    'none, where the protocol is inference over gRPC: streams share connections',
  )
  expect(wrong({ inference: { tokens: 2 } })).toThrow('inference.tokens: received 2; none, unless stream is true')
})
