import type { Mesh } from '../mesh.ts'
import { baseline } from './baseline.ts'
import { cilium } from './cilium.ts'
import { envoy } from './envoy.ts'

export const meshes = { baseline, envoy, cilium } satisfies Record<string, Mesh>
export type MeshName = keyof typeof meshes
export const meshNames = Object.keys(meshes) as MeshName[]
