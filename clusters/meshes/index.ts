import type { Mesh } from '../mesh.ts'
import { baseline } from './baseline.ts'
import { consul } from './consul.ts'
import { envoy } from './envoy.ts'

export const meshes = { baseline, envoy, consul } satisfies Record<string, Mesh>
export type MeshName = keyof typeof meshes
export const meshNames = Object.keys(meshes) as MeshName[]
