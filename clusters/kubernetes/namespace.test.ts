import { expect } from 'vitest'
import { connect } from './client.ts'
import { deleteNamespace } from './namespace.ts'
import { sendJson, test } from './testing.ts'

const status = (code: number) => ({ kind: 'Status', code, message: `code ${code}` })

test.for([200, 409])(
  'a namespace whose deletion answers %i is waited for until it is gone',
  async (code, { server }) => {
    let looks = 0
    server.answer(({ method }, response) => {
      if (method === 'DELETE') return sendJson(response, code, status(code))
      const gone = ++looks === 3
      sendJson(response, gone ? 404 : 200, gone ? status(404) : { kind: 'Namespace', metadata: { name: 'arm' } })
    })
    await deleteNamespace(await connect(server.kubeconfig), 'arm')
    expect(looks).toBe(3)
  },
)

test('a namespace that does not go is named, with what holds it', async ({ server }) => {
  const conditions = [
    { type: 'NamespaceContentRemaining', status: 'True', message: 'configmaps. has 1 resource instances' },
    { type: 'NamespaceDeletionContentFailure', status: 'False', message: 'all is well' },
  ]
  const namespace = { metadata: { name: 'arm' }, spec: { finalizers: ['kubernetes'] }, status: { conditions } }
  server.answer((_, response) => sendJson(response, 200, { kind: 'Namespace', ...namespace }))
  const failed = deleteNamespace(await connect(server.kubeconfig), 'arm', 300)
  await expect(failed).rejects.toMatchObject({
    code: 'CLUSTER_NOT_REMOVED',
    message:
      'namespace arm was not gone after 0.3 s\n' +
      '  NamespaceContentRemaining: configmaps. has 1 resource instances\n' +
      '  finalizers: kubernetes\n' +
      '  look at it: kubectl get namespace arm -o yaml',
  })
})

test('a namespace that may not be deleted is not waited for', async ({ server }) => {
  server.answer((_, response) => sendJson(response, 403, status(403)))
  await expect(deleteNamespace(await connect(server.kubeconfig), 'arm')).rejects.toMatchObject({ code: 403 })
})
