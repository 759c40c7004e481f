import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Mesh } from '../mesh.ts'
import type { ClusterTraits } from '../provider.ts'
import { kind } from '../providers/kind.ts'
import { kubeconfig } from '../providers/kubeconfig.ts'
import { local } from '../providers/local.ts'
import { meshes } from './index.ts'

const root = join(import.meta.dirname, '../..')

test.for(Object.entries<Mesh>(meshes))('%s asks what a provider can do, not what it is called', async ([, mesh]) => {
  for (const { traits } of [local, kubeconfig, kind])
    for (const mode of mesh.modes) {
      const named = JSON.stringify(await mesh.available(traits, mode)).replaceAll(traits.provider, 'elsewhere')
      const renamed = JSON.stringify(await mesh.available({ ...traits, provider: 'elsewhere' }, mode))
      expect(renamed.replaceAll(traits.provider, 'elsewhere')).toBe(named)
    }
})

test('a mesh runs beside the pods that it names, and beside no others', async () => {
  const processes: ClusterTraits = { ...local.traits, provider: 'elsewhere' }
  for (const mesh of Object.values<Mesh>(meshes))
    if (!mesh.pods.includes('processes')) expect((await mesh.available(processes)).available).toBe(false)
  const pulling: ClusterTraits = { ...processes, pods: 'kubernetes' }
  expect(await meshes.envoy.available(pulling)).toMatchObject({
    available: true,
    detail: expect.stringMatching(/^envoyproxy\/envoy:v\S+ \(pulled by the cluster\)$/),
  })
  expect(await meshes.cilium.available({ ...pulling, takesLocalImages: true })).toMatchObject({ available: false })
})

test('no code asks whether a provider has a certain name', () => {
  const files = globSync('{clusters,harness,fixtures}/**/*.ts', { cwd: root })
  const asking = files.filter((file) =>
    /\bprovider\w*\)?\s*[!=]==?\s*['"`]/.test(readFileSync(join(root, file), 'utf8')),
  )
  expect(asking).toEqual([])
})
