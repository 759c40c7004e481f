import { ciliumImages } from '../meshes/cilium/image.ts'
import { consulImages } from '../meshes/consul/image.ts'
import { envoyImages } from '../meshes/envoy/image.ts'
import { istioImages } from '../meshes/istio/image.ts'
import type { MeshRecipe } from './mesh/recipe.ts'

/** The meshes whose images can be built here. Apart from the registry of meshes, as building needs none of their adapters. */
export const recipes = {
  envoy: envoyImages,
  istio: istioImages,
  cilium: ciliumImages,
  consul: consulImages,
} satisfies Record<string, MeshRecipe>
export type BuiltMesh = keyof typeof recipes
export const builtMeshes = Object.keys(recipes) as BuiltMesh[]
