import type { V1Deployment } from '@kubernetes/client-node'
import { expect, test } from 'vitest'
import type { Deployment } from '../provider.ts'
import { deploymentManifest, type StagedImage, type StagedProgram, serviceManifest } from './manifests.ts'

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

test('an image starts its own program, in a pod that holds no file of ours', () => {
  const staged: StagedImage = { name: 'shop', namespace: 'test', labels: {}, image: 'shop:2' }
  const readinessProbe = { port: 'http', path: '/ready', timeoutMs: 1000 }
  const deployment = { ports: { http: 8080 }, readinessProbe } as unknown as Deployment
  const manifest = deploymentManifest(staged, deployment, { PORT: '8080' })
  const { containers, volumes } = (manifest as unknown as V1Deployment).spec?.template.spec ?? {}
  expect(containers).toMatchObject([{ image: 'shop:2', env: [{ name: 'PORT', value: '8080' }] }])
  expect(containers?.[0]).not.toHaveProperty('command')
  expect(containers?.[0]?.volumeMounts?.map(({ name }) => name)).toEqual(['scratch'])
  expect(volumes?.map(({ name }) => name)).toEqual(['scratch'])
})
