import type { Mesh } from '../mesh.ts'
import { baseline } from './baseline/mesh.ts'
import { cilium } from './cilium/mesh.ts'
import { consul } from './consul/mesh.ts'
import { envoy } from './envoy/mesh.ts'
import { istio } from './istio/mesh.ts'
import { linkerd } from './linkerd/mesh.ts'

export const meshes = { baseline, envoy, istio, linkerd, cilium, consul } satisfies Record<string, Mesh>
export type MeshName = keyof typeof meshes
export const meshNames = Object.keys(meshes) as MeshName[]
