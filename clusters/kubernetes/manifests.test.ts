import { expect, test } from 'vitest'
import type { Deployment } from '../provider.ts'
import { deploymentManifest, type StagedProgram, serviceManifest } from './manifests.ts'

test('a UDP port is one of the container and of its services, the others are TCP', () => {
  const staged = {
    name: 'receiver',
    namespace: 'test',
    labels: {},
    program: { command: () => [] },
  } as unknown as StagedProgram
  const deployment = {
    ports: { http: 8080, udp: 5202 },
    udpPorts: ['udp'],
    readinessProbe: { port: 'http', path: '/', timeoutMs: 1000 },
  } as unknown as Deployment
  const { spec } = serviceManifest(staged, 'receiver', deployment, 'ClusterIP')
  expect(spec?.ports?.map(({ name, protocol }) => [name, protocol])).toEqual([
    ['http', 'TCP'],
    ['udp', 'UDP'],
  ])
  const text = JSON.stringify(deploymentManifest(staged, deployment, {}))
  expect(text).toContain('[{"name":"http","containerPort":8080},{"name":"udp","containerPort":5202,"protocol":"UDP"}]')
})
