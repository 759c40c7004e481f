import { expect } from 'vitest'
import { bundleProgram } from '../bundle.ts'
import type { Cluster, Pod } from '../provider.ts'
import { test } from '../testing.ts'
import { inference } from './inference.ts'
import { logitsOf, nextToken, toText, toTokens } from './programs/inference-model.ts'

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
