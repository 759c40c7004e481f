import { expect } from 'vitest'
import { apply } from './apply.ts'
import { connect } from './client.ts'
import { apiErrorText, isInternalError, isUnknownKind } from './failure.ts'
import { type Answer, type FakeServer, sendJson, test } from './testing.ts'

const thing = { apiVersion: 'mesh.dev/v1', kind: 'Thing', metadata: { name: 'one', namespace: 'here', labels: {} } }
const missing = (message: string, details: object) => ({
  kind: 'Status',
  reason: 'NotFound',
  code: 404,
  message,
  details,
})
const resources = (...kinds: string[]) => ({
  kind: 'APIResourceList',
  resources: kinds.map((kind) => ({ name: `${kind.toLowerCase()}s`, kind, namespaced: true, verbs: [] })),
})

/** What applying a Thing fails with, on a server that answers so. */
async function failureOf(server: FakeServer, answer: Answer): Promise<unknown> {
  server.answer(answer)
  return apply(await connect(server.kubeconfig), thing).then(
    () => null,
    (error) => error,
  )
}

test('a kind is unknown whose group, whose name or whose path the server does not know', async ({ server }) => {
  const ofNoGroup = await failureOf(server, (_, response) => response.writeHead(404).end('404 page not found\n'))
  const ofNoName = await failureOf(server, (_, response) => sendJson(response, 200, resources('Other')))
  const ofNoPath = await failureOf(server, ({ method }, response) => {
    if (method === 'GET') return sendJson(response, 200, resources('Thing'))
    sendJson(response, 404, missing('the server could not find the requested resource', {}))
  })
  for (const error of [ofNoGroup, ofNoName, ofNoPath]) {
    expect(error).toMatchObject({ code: 'CLUSTER_DEPLOY_FAILED' })
    expect(isUnknownKind(error)).toBe(true)
  }
})

test('an object or a namespace that is missing does not make its kind unknown', async ({ server }) => {
  const error = await failureOf(server, ({ method }, response) => {
    if (method === 'GET') return sendJson(response, 200, resources('Thing'))
    sendJson(response, 404, missing('namespaces "here" not found', { name: 'here', kind: 'namespaces' }))
  })
  expect(apiErrorText((error as Error).cause)).toBe('namespaces "here" not found')
  expect(isUnknownKind(error)).toBe(false)
  expect(isInternalError(error)).toBe(false)
  expect(isUnknownKind(new Error('could not find the requested resource'))).toBe(false)
})

test('a webhook that cannot be called is an internal error of the server', async ({ server }) => {
  const message = 'Internal error occurred: failed calling webhook "rev.namespace.sidecar-injector.istio.io"'
  const body = { kind: 'Status', reason: 'InternalError', code: 500, message }
  server.answer((_, response) => sendJson(response, 500, body))
  const { core } = await connect(server.kubeconfig)
  const error = await core.readNamespace({ name: 'here' }).catch((thrown) => thrown)
  expect(isInternalError(error)).toBe(true)
  expect(apiErrorText(error)).toBe(message)
})
