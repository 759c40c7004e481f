import { cilium } from '../meshes/cilium/image.ts'
import { consul } from '../meshes/consul/image.ts'
import { envoy } from '../meshes/envoy/image.ts'
import { istio } from '../meshes/istio/image.ts'
import type { MeshRecipe } from './mesh/recipe.ts'

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
