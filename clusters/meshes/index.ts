import type { Mesh } from '../mesh.ts'
import { baseline } from './baseline.ts'
import { cilium } from './cilium.ts'
import { consul } from './consul.ts'
import { envoy } from './envoy.ts'
import { istio } from './istio.ts'
import { linkerd } from './linkerd.ts'

export const meshes = { baseline, envoy, istio, linkerd, cilium, consul } satisfies Record<string, Mesh>
export type MeshName = keyof typeof meshes
export const meshNames = Object.keys(meshes) as MeshName[]
