import { stat } from 'node:fs/promises'
import { expect } from 'vitest'
import { bundleProgram } from '../bundle.ts'
import type { Cluster, Pod } from '../provider.ts'
import { test } from '../testing.ts'
import { grpcEcho } from './grpc-echo.ts'
import { bytesField, uintField } from './programs/protobuf.ts'
import { call } from './testing-grpc.ts'

async function deploy(cluster: Cluster, env: Record<string, string> = {}): Promise<Pod> {
  const file = await bundleProgram(grpcEcho.entry, cluster.ref.workDir)
  return cluster.deploy({
    name: 'grpc-echo',
    namespace: 'echo',
    role: 'app',
    program: () => ({ kind: 'node', file }),
    ports: grpcEcho.ports,
    env,
    readinessProbe: { ...grpcEcho.readinessProbe, timeoutMs: 20_000 },
  })
}

const echo = (method: string) => `meshmark.Echo/${method}`
const body = bytesField(1, 'hello')

test('calls are answered as their requests ask', async ({ cluster }) => {
  const pod = await deploy(cluster)
  expect(await call(pod, echo('Unary'), [body])).toMatchObject({ status: '0', messages: [body] })
  const sized = await call(pod, echo('Unary'), [Buffer.concat([uintField(3, 3), uintField(4, 60)])])
  expect(sized).toMatchObject({ status: '0', messages: [bytesField(1, 'xxx')] })
  expect(sized.ms).toBeGreaterThanOrEqual(60)
  const many = await call(pod, echo('ServerStream'), [Buffer.concat([body, uintField(2, 3)])])
  expect(many).toMatchObject({ status: '0', messages: [body, body, body] })
  const counted = await call(pod, echo('ClientStream'), [body, body, bytesField(1, 'last')])
  expect(counted).toMatchObject({ status: '0', messages: [Buffer.concat([bytesField(1, 'last'), uintField(2, 3)])] })
  const both = await call(pod, echo('BidiStream'), [body, bytesField(1, 'again')])
  expect(both).toMatchObject({ status: '0', messages: [body, bytesField(1, 'again')] })
})

test('what it cannot do ends with a status', async ({ cluster }) => {
  const pod = await deploy(cluster, { ERROR_SHARE: '0.5' })
  expect((await call(pod, echo('Nope'), [body])).status).toBe('12')
  expect((await call(pod, echo('Unary'), [Buffer.of(0x0a, 200)])).status).toBe('3')
  const late = await call(pod, echo('Unary'), [uintField(4, 5000)], { 'grpc-timeout': '50m' })
  expect(late.status).toBe('4')
  expect(late.ms).toBeLessThan(3000)
  const statuses: unknown[] = []
  for (let n = 0; n < 4; n++) statuses.push((await call(pod, echo('Unary'), [body])).status)
  expect(statuses).toEqual(['0', '14', '0', '14'])
})

test('health and reflection are served, and only calls of Echo are counted', async ({ cluster }) => {
  const pod = await deploy(cluster)
  expect(await call(pod, 'grpc.health.v1.Health/Check', [Buffer.alloc(0)])).toMatchObject({
    status: '0',
    messages: [uintField(1, 1)],
  })
  for (const version of ['v1', 'v1alpha']) {
    const questions = [bytesField(7, '*'), bytesField(4, 'meshmark.Echo'), bytesField(4, 'other.Service')]
    const { status, messages } = await call(
      pod,
      `grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`,
      questions,
    )
    expect(status).toBe('0')
    const texts = messages.map(String)
    expect(texts[0]).toContain('meshmark.Echo')
    expect(texts[1]).toContain('BidiStream')
    expect(texts[2]).toContain('other.Service is not known')
  }
  await call(pod, echo('Unary'), [body])
  await call(pod, echo('BidiStream'), [body, body])
  expect(await pod.get('grpc', '/healthz')).toMatchObject({ status: 200 })
  expect(JSON.parse((await pod.get('grpc', '/stats')).body)).toEqual({ requests: 2 })
  expect((await pod.get('grpc', '/nowhere')).status).toBe(404)
})

test('a wrong environment stops it, and every wrong field is named', async ({ cluster }) => {
  const message = await deploy(cluster, { SIZE: '1.5', ERROR_SHARE: '7' }).catch((error: Error) => error.message)
  for (const field of ['SIZE', 'ERROR_SHARE']) expect(message).toContain(`${field} must be`)
  expect(grpcEcho.env.safeParse({ STATUS: '200' }).success).toBe(false)
})

test('a field of the wrong form, or too large, is refused', async ({ cluster }) => {
  const pod = await deploy(cluster)
  for (const wrong of [uintField(3, 2 ** 32), uintField(3, 2 ** 53), Buffer.of(0x1b), Buffer.of(0x18, 0x80)])
    expect((await call(pod, echo('Unary'), [wrong])).status).toBe('3')
  // Fields that it does not know are skipped, whatever their form.
  const unknown = [
    uintField(90, 7),
    bytesField(91, 'x'),
    Buffer.from(`a906${'00'.repeat(8)}b506${'00'.repeat(4)}`, 'hex'),
  ]
  expect(await call(pod, echo('Unary'), [Buffer.concat([body, ...unknown])])).toMatchObject({
    status: '0',
    messages: [body],
  })
})

test('its bundle stays small', async ({ cluster }) => {
  const { size } = await stat(await bundleProgram(grpcEcho.entry, cluster.ref.workDir))
  expect(size).toBeLessThan(150_000)
})
