import type { Mesh } from '../mesh.ts'
import type { MeshCli } from '../mesh-cli/mesh-cli.ts'
import { baseline } from './baseline/mesh.ts'
import { ciliumCli, helm, hubble } from './cilium/cli.ts'
import { cilium } from './cilium/mesh.ts'
import { consulCli } from './consul/cli.ts'
import { consul } from './consul/mesh.ts'
import { envoy } from './envoy/mesh.ts'
import { istioctl } from './istio/cli.ts'
import { istio } from './istio/mesh.ts'
import { linkerdCli } from './linkerd/cli.ts'
import { linkerd } from './linkerd/mesh.ts'

const all = { baseline, envoy, istio, linkerd, cilium, consul } satisfies Record<string, Mesh>
export type MeshName = keyof typeof all
/** By name, each as its interface: what is a mesh's own is its folder's. */
export const meshes: Readonly<Record<MeshName, Mesh>> = all
export const meshNames = Object.keys(meshes) as MeshName[]

/** The programs that meshes are installed and looked at with. */
export const meshClis = {
  istioctl,
  linkerd: linkerdCli,
  cilium: ciliumCli,
  helm,
  hubble,
  consul: consulCli,
} satisfies Record<string, MeshCli>
