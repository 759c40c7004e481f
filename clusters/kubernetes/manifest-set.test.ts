import { text } from 'node:stream/consumers'
import { expect } from 'vitest'
import { connect } from './client.ts'
import { applyManifests, readManifests, removeManifests } from './manifest-set.ts'
import { sendJson, test } from './testing.ts'

const manifests = `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: policy, namespace: here, labels: { app: mesh } }
spec:
  podSelector: {}
  ingress: [{ from: [{ podSelector: {} }] }]
---
---
apiVersion: v1
kind: List
items:
  - { apiVersion: mesh.dev/v1, kind: Thing, metadata: { name: thing, namespace: here }, spec: { from: anywhere } }
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: things.mesh.dev }
spec:
  group: mesh.dev
  versions:
    - schema:
        openAPIV3Schema: { type: object, properties: { port: { x-kubernetes-int-or-string: true, default: 0 } } }
`

const kinds: Record<string, [string, string][]> = {
  '/apis/networking.k8s.io/v1': [['networkpolicies', 'NetworkPolicy']],
  '/apis/mesh.dev/v1': [['things', 'Thing']],
  '/apis/apiextensions.k8s.io/v1': [['customresourcedefinitions', 'CustomResourceDefinition']],
}

test('manifests are applied as they were written, kinds before their objects, with the labels of the run', async ({
  server,
}) => {
  let looks = 0
  const sent: { url: string; body: Record<string, unknown> }[] = []
  server.answer(async (request, response) => {
    const { url = '', method } = request
    const known = kinds[url]
    if (known) {
      const namespaced = (kind: string) => kind !== 'CustomResourceDefinition'
      const resources = known.map(([name, kind]) => ({ name, kind, namespaced: namespaced(kind), verbs: [] }))
      return sendJson(response, 200, { kind: 'APIResourceList', groupVersion: url, resources })
    }
    if (method === 'PATCH') sent.push({ url, body: JSON.parse(await text(request)) })
    // One of that name is being removed, is gone, and the new one is not established at first.
    const look = method === 'GET' ? looks++ : undefined
    if (look === 1) return sendJson(response, 404, { kind: 'Status', reason: 'NotFound', details: { name: 'x' } })
    if (look === 0) expect(sent).toEqual([])
    const conditions = look === 2 ? null : [{ type: 'Established', status: 'True' }]
    const metadata = { name: 'x', ...(look === 0 ? { deletionTimestamp: '2026-11-28T12:00:00Z' } : {}) }
    sendJson(response, 200, { apiVersion: 'v1', kind: 'X', metadata, status: { conditions } })
  })
  const client = await connect(server.kubeconfig)
  await applyManifests(client, await readManifests(manifests), { run: 'r' })
  const [definition, policy, thing] = sent
  expect(sent.map(({ url }) => url.split('?')[0])).toEqual([
    '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/things.mesh.dev',
    '/apis/networking.k8s.io/v1/namespaces/here/networkpolicies/policy',
    '/apis/mesh.dev/v1/namespaces/here/things/thing',
  ])
  expect(definition?.body).toMatchObject({
    metadata: { labels: { run: 'r' } },
    spec: {
      versions: [
        { schema: { openAPIV3Schema: { properties: { port: { 'x-kubernetes-int-or-string': true, default: 0 } } } } },
      ],
    },
  })
  expect(policy?.body).toMatchObject({
    metadata: { labels: { app: 'mesh', run: 'r' } },
    spec: { ingress: [{ from: [{ podSelector: {} }] }] },
  })
  expect(thing?.body).toMatchObject({ spec: { from: 'anywhere' } })
})

test('what is removed is gone afterwards: kinds take some time', async ({ server }) => {
  const asked: string[] = []
  server.answer((request, response) => {
    const { url = '', method = '' } = request
    const known = kinds[url]
    if (known) {
      const resources = known.map(([name, kind]) => ({ name, kind, namespaced: false, verbs: [] }))
      return sendJson(response, 200, { kind: 'APIResourceList', groupVersion: url, resources })
    }
    asked.push(method)
    if (asked.length === 4)
      return sendJson(response, 404, { kind: 'Status', reason: 'NotFound', details: { name: 'x' } })
    const metadata = { name: 'x', deletionTimestamp: '2026-11-28T12:00:00Z' }
    sendJson(response, 200, { apiVersion: 'v1', kind: 'X', metadata })
  })
  const client = await connect(server.kubeconfig)
  const definitions = (await readManifests(manifests)).filter(({ kind }) => kind === 'CustomResourceDefinition')
  await removeManifests(client, definitions)
  expect(asked).toEqual(['DELETE', 'GET', 'GET', 'GET'])
})
