import type { Mesh } from '../mesh.ts'
import { baseline } from './baseline.ts'
import { envoy } from './envoy.ts'
import { istio } from './istio.ts'

export const meshes = { baseline, envoy, istio } satisfies Record<string, Mesh>
export type MeshName = keyof typeof meshes
export const meshNames = Object.keys(meshes) as MeshName[]
