import { expect, test } from 'vitest'
import type { Deployment } from '../provider.ts'
import { deploymentManifest, type Part, serviceManifest } from './manifests.ts'

test('a UDP port is one of the container and of its services, the others are TCP', () => {
  const part = { name: 'receiver', namespace: 'test', labels: {}, program: { command: () => [] } } as unknown as Part
  const deployment = {
    ports: { http: 8080, udp: 5202 },
    udpPorts: ['udp'],
    readinessProbe: { port: 'http', path: '/', timeoutMs: 1000 },
  } as unknown as Deployment
  const { spec } = serviceManifest(part, 'receiver', deployment, 'ClusterIP')
  expect(spec?.ports?.map(({ name, protocol }) => [name, protocol])).toEqual([
    ['http', 'TCP'],
    ['udp', 'UDP'],
  ])
  const text = JSON.stringify(deploymentManifest(part, deployment, {}))
  expect(text).toContain('[{"name":"http","containerPort":8080},{"name":"udp","containerPort":5202,"protocol":"UDP"}]')
})
