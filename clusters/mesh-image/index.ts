import { cilium } from './cilium.ts'
import { consul } from './consul.ts'
import { envoy } from './envoy.ts'
import { istio } from './istio.ts'
import type { MeshRecipe } from './mesh.ts'

/** The meshes whose images can be built here. */
export const recipes = { envoy, istio, cilium, consul } satisfies Record<string, MeshRecipe>
export type BuiltMesh = keyof typeof recipes
export const builtMeshes = Object.keys(recipes) as BuiltMesh[]

/** The names of a mesh's images by what each is for. */
export function meshImages<M extends BuiltMesh>(
  mesh: M,
  version: string = recipes[mesh].version,
): ReturnType<(typeof recipes)[M]['images']> {
  return recipes[mesh].images(version) as ReturnType<(typeof recipes)[M]['images']>
}
