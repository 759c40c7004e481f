import { expect, test } from 'vitest'
import { readManifests } from '../../kubernetes/manifest-set.ts'
import { kind } from '../../providers/kind.ts'
import { local } from '../../providers/local.ts'
import { readCheck } from './check.ts'
import { type LinkerdObservation, linkerdEvidence, parseLinkerdCounters } from './evidence.ts'
import { imagesIn } from './installation.ts'
import { linkerd } from './mesh.ts'
import { linkerdSettings, linkerdTreatment } from './settings.ts'

// Not run here: neither its program nor its images are to be had. What they answer has the form that Linkerd's documentation shows.

test('what is missing is said, and how to get it', async () => {
  expect(await linkerd.available(local.traits)).toMatchObject({
    available: false,
    reason: expect.stringMatching('Kubernetes'),
  })
  const here = await linkerd.available(kind.traits)
  if (here.available) return
  expect(here.reason).toMatch(/linkerd/i)
  expect(here.remedy).toMatch(/PATH|docker/i)
})

test('the answer of its check tells whether all is well, and what is not', () => {
  const answer = (success: boolean, result: string, error = '') =>
    JSON.stringify({
      success,
      categories: [
        {
          categoryName: 'kubernetes-api',
          checks: [{ description: 'can initialize the client', result: 'success' }],
        },
        {
          categoryName: 'linkerd-existence',
          checks: [
            {
              description: 'control plane pods are ready',
              hint: 'https://linkerd.io/checks/#l5d-api-control-ready',
              error,
              result,
            },
          ],
        },
        { categoryName: 'linkerd-extension-checks', checks: null },
      ],
    })
  expect(readCheck(answer(true, 'success'))).toEqual({ healthy: true, problems: [] })
  expect(readCheck(answer(true, 'warning', 'a newer one is out'))).toEqual({ healthy: true, problems: [] })
  expect(readCheck(answer(false, 'error', 'pod linkerd-destination-x is not ready'))).toEqual({
    healthy: false,
    problems: ['linkerd-existence: control plane pods are ready: pod linkerd-destination-x is not ready'],
  })
})

const metrics = (requests: number, connections: number) => `
# HELP request_total Total count of HTTP requests.
# TYPE request_total counter
request_total{direction="inbound",target_addr="10.42.0.9:8080",target_ip="10.42.0.9",target_port="8080",tls="true",client_id="default.arm.serviceaccount.identity.linkerd.cluster.local",srv_kind="default",srv_name="all-authenticated"} ${requests}
request_total{direction="inbound",target_addr="10.42.0.9:8080",tls="no_identity",no_tls_reason="no_tls_from_remote",srv_kind="default",srv_name="probe"} 77
request_total{direction="outbound",authority="linkerd-policy.linkerd.svc.cluster.local:8090",tls="true",server_id="linkerd-destination.linkerd.serviceaccount.identity.linkerd.cluster.local"} 5
# TYPE tcp_open_total counter
tcp_open_total{direction="inbound",peer="src",target_addr="10.42.0.9:8080",tls="true",client_id="default.arm.serviceaccount.identity.linkerd.cluster.local"} ${connections}
tcp_open_total{direction="inbound",peer="dst",target_addr="10.42.0.9:8080",tls="true"} 3
tcp_open_total{direction="inbound",peer="src",target_addr="10.42.0.9:8080",tls="no_identity",no_tls_reason="no_tls_from_remote"} 77
`

const fitting: LinkerdObservation = {
  settings: { mtls: 'strict' },
  requestsSent: 1000,
  injected: true,
  clients: { seen: 1, injected: 1 },
  before: parseLinkerdCounters(metrics(300, 1)),
  after: parseLinkerdCounters(metrics(1300, 3)),
  plaintext: { status: 403 },
  unmarked: [],
  anonymous: 'refused',
}

test('a trial whose requests all came over mTLS', () => {
  expect(linkerdEvidence(fitting)).toEqual({
    summary: 'mTLS: 1,000 requests over 2 connections',
    facts: {
      serverProxy: true,
      clientsSeen: 1,
      clientsWithProxy: 1,
      requestsSent: 1000,
      requestsAtServerProxy: 1000,
      connectionsSecured: 2,
      plaintextRefused: true,
    },
    mismatches: [],
  })
})

test('requests past the proxies, and plain text that gets through, are noticed', () => {
  const { before } = fitting
  expect(linkerdEvidence({ ...fitting, after: before, plaintext: { status: 200 } }).mismatches).toEqual([
    "The server's proxy counted 0 requests with mTLS where 1000 were sent.",
    "The server's proxy counted no connection with mTLS in the trial.",
    'Plain text from outside the mesh was not refused.',
  ])
  const bare = { ...fitting, injected: false, clients: { seen: 2, injected: 0 }, before: null, after: null }
  expect(linkerdEvidence({ ...bare, settings: { mtls: 'permissive' } }).mismatches).toEqual([
    "The server's pod has no linkerd-proxy.",
    '2 of 2 pods of the load had no linkerd-proxy.',
    'Plain text from outside the mesh is not answered, and was to be.',
  ])
})

test('settings are told by annotations; there is no mesh without mTLS', () => {
  const settings = linkerdSettings.parse({ proxyCpuMillicores: 250, accessLog: true })
  expect(linkerdTreatment(settings).annotations).toMatchObject({
    'config.linkerd.io/default-inbound-policy': 'all-authenticated',
    'config.linkerd.io/proxy-cpu-request': '250m',
    'config.linkerd.io/access-log': 'json',
  })
  expect(linkerdSettings.safeParse({ mtls: 'off' }).error?.issues[0]).toMatchObject({
    path: ['mtls'],
    message: 'one of: strict, permissive',
  })
})

test('the images of its manifests are known', async () => {
  const text = `apiVersion: apps/v1
kind: Deployment
metadata: { name: linkerd-identity, namespace: linkerd }
spec:
  selector: {}
  template:
    spec:
      initContainers: [{ name: linkerd-init, image: 'cr.l5d.io/linkerd/proxy-init:v2.4.3' }]
      containers:
        - { name: identity, image: 'cr.l5d.io/linkerd/controller:edge-26.9.1' }
        - { name: linkerd-proxy, image: 'cr.l5d.io/linkerd/proxy:edge-26.9.1' }
---
apiVersion: v1
kind: Namespace
metadata: { name: linkerd }
`
  expect(imagesIn(await readManifests(text))).toEqual([
    'cr.l5d.io/linkerd/proxy-init:v2.4.3',
    'cr.l5d.io/linkerd/controller:edge-26.9.1',
    'cr.l5d.io/linkerd/proxy:edge-26.9.1',
  ])
})
