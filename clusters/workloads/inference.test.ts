import protobuf from 'protobufjs'
import { expect } from 'vitest'
import { bundleProgram } from '../bundle.ts'
import type { Cluster, Pod } from '../provider.ts'
import { test } from '../testing.ts'
import { inference } from './inference.ts'
import { inferenceProto } from './inference-proto.ts'
import { logitsOf, nextToken, toText, toTokens } from './programs/inference-model.ts'
import { call } from './testing-grpc.ts'

async function deploy(cluster: Cluster): Promise<Pod> {
  const { entry, ports, readinessProbe } = inference
  const file = await bundleProgram(entry, cluster.ref.workDir)
  const program = () => ({ kind: 'node' as const, file })
  const ready = { ...readinessProbe, timeoutMs: 20_000 }
  return cluster.deploy({ name: 'ml', namespace: 'ml', role: 'app', program, ports, env: {}, readinessProbe: ready })
}

const infer = (shape: number[], data: unknown[]) => ({
  inputs: [{ name: 'tokens', shape, datatype: 'INT32', data }],
})

test('the model answers the same each time, and each input of a batch as by itself', () => {
  const [a, b] = [toTokens('A MESH OF PROXIES'), toTokens('ANOTHER SENTENCE!')]
  const both = logitsOf([...a, ...b], 2, a.length)
  expect(both.slice(0, 64)).toEqual(logitsOf(a, 1, a.length))
  expect(both.slice(64)).toEqual(logitsOf(b, 1, b.length))
  expect(both.slice(0, 64)).not.toEqual(both.slice(64))
  expect(logitsOf(a.toReversed(), 1, a.length)).not.toEqual(logitsOf(a, 1, a.length))
  expect(toTokens('AZ _').map(toText).join('')).toBe('AZ _')
})

test('it speaks the open inference protocol', async ({ cluster }) => {
  const pod = await deploy(cluster)
  const base = `http://${pod.host}:${pod.ports.http}`
  const post = (path: string, body: unknown) =>
    fetch(`${base}/v2/models/tiny/${path}`, { method: 'POST', body: JSON.stringify(body) })
  expect((await fetch(`${base}/v2/health/ready`)).status).toBe(200)
  expect(await (await fetch(`${base}/v2/models/tiny`)).json()).toMatchObject({
    inputs: [{ name: 'tokens', datatype: 'INT32', shape: [-1, -1] }],
  })
  const data = toTokens('AB')
  const answer = await post('infer', { id: '7', ...infer([2, 1], data) })
  expect(await answer.json()).toEqual({
    model_name: 'tiny',
    model_version: '1',
    id: '7',
    outputs: [{ name: 'logits', datatype: 'FP32', shape: [2, 64], data: Array.from(logitsOf(data, 2, 1)) }],
  })
  const stream = await post('generate_stream', { text_input: 'HI', parameters: { max_tokens: 3 } })
  expect(stream.headers.get('content-type')).toBe('text/event-stream')
  const events = (await stream.text()).split('\n\n').filter(Boolean)
  expect(events).toHaveLength(3)
  expect(JSON.parse(events[0]?.slice(5) ?? '').text_output).toBe(toText(nextToken(toTokens('HI'))))
  for (const wrong of [infer([1, 2], [1]), infer([1, 1], [64]), infer([0, 0], []), {}]) {
    const refused = await post('infer', wrong)
    expect(refused.status).toBe(400)
    expect(await refused.json()).toEqual({ error: expect.stringContaining('an input tokens') })
  }
  expect((await post('generate_stream', { text_input: '' })).status).toBe(400)
  expect((await fetch(`${base}/v2/models/other`)).status).toBe(404)
  expect(await (await fetch(`${base}/stats`)).json()).toEqual({ requests: 10, inferences: 2, tokens: 3 })
})

const { root } = protobuf.parse(inferenceProto, { keepCase: true })
const service = 'inference.GRPCInferenceService'

/** Asks one of its methods, in the messages of a library and of the protocol's public definition. */
async function ask(pod: Pod, method: string, ...requests: object[]) {
  const { requestType, responseType } = root.lookupService(service).methods[method] as protobuf.Method
  const [asked, answered] = [root.lookupType(`inference.${requestType}`), root.lookupType(`inference.${responseType}`)]
  const encoded = requests.map((request) => asked.encode(asked.fromObject(request)).finish())
  const { status, text, messages } = await call(pod, `${service}/${method}`, encoded)
  const options = { longs: Number, bytes: Buffer, arrays: false } as const
  return { status, text, messages: messages.map((one) => answered.toObject(answered.decode(one), options)) }
}

test('and the same over gRPC', async ({ cluster }) => {
  const pod = await deploy(cluster)
  expect(await ask(pod, 'ServerLive', {})).toMatchObject({ status: '0', messages: [{ live: true }] })
  expect(await ask(pod, 'ServerReady', {})).toMatchObject({ status: '0', messages: [{ ready: true }] })
  const description = await ask(pod, 'ModelMetadata', { name: 'tiny' })
  expect(description.messages).toEqual([
    {
      name: 'tiny',
      versions: ['1'],
      platform: 'meshmark',
      inputs: [{ name: 'tokens', datatype: 'INT32', shape: [-1, -1] }],
      outputs: [{ name: 'logits', datatype: 'FP32', shape: [-1, 64] }],
    },
  ])
  expect(await ask(pod, 'ModelMetadata', { name: 'large' })).toMatchObject({
    status: '5',
    text: 'no model large here; the model is tiny',
  })
  const data = toTokens('AB')
  const logits = Array.from(logitsOf(data, 2, 1))
  const input = { name: 'tokens', datatype: 'INT32', shape: [2, 1] }
  const output = { name: 'logits', datatype: 'FP32', shape: [2, 64] }
  const typed = { model_name: 'tiny', id: '7', inputs: [{ ...input, contents: { int_contents: data } }] }
  const answer = { model_name: 'tiny', model_version: '1' }
  expect((await ask(pod, 'ModelInfer', typed)).messages).toEqual([
    { ...answer, id: '7', outputs: [{ ...output, contents: { fp32_contents: logits } }] },
  ])
  const raw = { model_name: 'tiny', inputs: [input], raw_input_contents: [Buffer.from(Int32Array.from(data).buffer)] }
  const rawAnswer = (await ask(pod, 'ModelInfer', raw)).messages[0]
  expect(rawAnswer).toMatchObject({ ...answer, outputs: [output] })
  expect(Array.from(new Float32Array(new Uint8Array(rawAnswer?.raw_output_contents[0]).buffer))).toEqual(logits)
  for (const wrong of [
    { ...typed, inputs: [] },
    { ...typed, inputs: [{ ...input, contents: { int_contents: [-1, 64] } }] },
    { ...raw, raw_input_contents: [Buffer.alloc(7)] },
  ])
    expect(await ask(pod, 'ModelInfer', wrong)).toMatchObject({ status: '3', messages: [] })
  const stats = JSON.parse((await pod.get('grpc', '/stats')).body)
  expect(stats).toEqual({ requests: 9, inferences: 4, tokens: 0 })
})

test('a stream over gRPC has a response a token, and tells in one what was wrong', async ({ cluster }) => {
  const pod = await deploy(cluster)
  const request = (prompt: string, more = {}) => ({
    model_name: 'tiny',
    parameters: { max_tokens: { int64_param: 3 } },
    inputs: [
      { name: 'text_input', datatype: 'BYTES', shape: [1], contents: { bytes_contents: [Buffer.from(prompt)] } },
    ],
    ...more,
  })
  const { status, messages } = await ask(pod, 'ModelStreamInfer', request('HI', { id: 'a' }), request('', { id: 'b' }))
  expect(status).toBe('0')
  expect(messages).toHaveLength(4)
  expect(messages[0]?.infer_response).toMatchObject({
    id: 'a',
    outputs: [{ name: 'text_output', datatype: 'BYTES', shape: [1] }],
  })
  expect(String(messages[0]?.infer_response.outputs[0].contents.bytes_contents[0])).toBe(
    toText(nextToken(toTokens('HI'))),
  )
  expect(messages[3]).toEqual({ error_message: expect.stringContaining('text_input of 1 to 512 characters') })
  const other = await ask(pod, 'ModelStreamInfer', request('HI', { model_name: 'large' }))
  expect(other).toMatchObject({ status: '0', messages: [{ error_message: 'no model large here; the model is tiny' }] })
})
