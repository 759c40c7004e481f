import { expect, test } from 'vitest'
import { chartPath } from '../meshes/cilium/image.ts'
import { baseSystem } from './build/debian.ts'
import { Engine } from './build/engine.ts'
import { shell } from './build/shell.ts'
import { Workspace } from './build/workspace.ts'
import { type BuiltMesh, builtMeshes, recipes } from './index.ts'

const meshImages = (mesh: BuiltMesh, version: string = recipes[mesh].version): Record<string, string> =>
  recipes[mesh].images(version)

import type { MeshRecipe } from './mesh/recipe.ts'

test('no image carries the name of an official one', () => {
  expect(meshImages('istio')).toEqual({ pilot: 'istio/pilot:1.31.0-source', proxy: 'istio/proxyv2:1.31.0-source' })
  expect(meshImages('cilium', 'v1.20.3').agent).toBe('quay.io/cilium/cilium:v1.20.3-source')
  for (const image of builtMeshes.flatMap((mesh) => Object.values(meshImages(mesh))))
    expect(image).toMatch(/^meshmark\/|-source$/)
})

test.for([
  ['istio', '1.31.1', null],
  ['istio', 'v1.31.1', 'a release such as 1.31.0'],
  ['cilium', 'v1.20.10', null],
  ['cilium', '1.20.2', 'a release such as v1.20.2'],
  ['consul', '1.21.0-rc1', 'a release such as 1.21.0'],
  ['envoy', '1.40.0', null],
  ['envoy', '1.39.0', '1.40.0: its packages are pinned by hash'],
] as const)('%s in version %s: %s', ([mesh, version, problem]) => {
  expect(recipes[mesh].versionProblem(version)).toBe(problem)
})

test.for(builtMeshes)('the steps of %s have names of their own, and end with what is asked for', (mesh) => {
  const recipe: MeshRecipe = recipes[mesh]
  const { signal } = new AbortController()
  const [run, workspace] = [shell(signal), new Workspace('unused')]
  const engine = new Engine(run, run, workspace.folder)
  const { before, results } = recipe.plan({
    ...{ version: recipe.version, base: baseSystem(), workspace, engine, run, signal },
  })
  const names = [...before, ...results].map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
  for (const image of Object.values(recipe.images(recipe.version)))
    expect(results.map(({ name }) => name)).toContain(`assemble ${image}`)
})

test("the chart is kept in the user's cache", () => {
  expect(chartPath('v1.20.2', { HOME: '/home/u' })).toBe('/home/u/.cache/meshmark/charts/cilium/v1.20.2')
})
