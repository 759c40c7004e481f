import { isNetwork, type Mesh, type NetworkMesh } from '../../clusters/mesh.ts'
import { meshes } from '../../clusters/meshes/index.ts'
import type { ClusterProvider, ClusterRef, ClusterSpec, ClusterTraits } from '../../clusters/provider.ts'
import { type ProviderName, providers } from '../../clusters/providers/index.ts'
import { HarnessError } from '../errors.ts'
import type { RunOptions } from './options.ts'

/** A mesh that is to be the pod network of the run's cluster. */
export interface PodNetwork {
  /** As `mesh:mode`. */
  name: string
  mesh: NetworkMesh
  mode: string
}

/** The provider that was asked for; `auto` takes kind where it can be had and every mesh of the run can run there, else `local`. */
export async function chooseProvider({
  cluster,
  mesh: arms,
}: Pick<RunOptions, 'cluster' | 'mesh'>): Promise<{ name: ProviderName; reason: string }> {
  if (cluster !== 'auto') return { name: cluster, reason: 'asked for' }
  const kind = await providers.kind.available()
  if (!kind.available) return { name: 'local', reason: `no kind here: ${kind.reason}` }
  for (const { name, mesh, mode } of arms) {
    const there = await meshes[mesh].available(providers.kind.traits, mode)
    if (!there.available) return { name: 'local', reason: `${name} cannot run on kind: ${there.reason}` }
  }
  return { name: 'kind', reason: kind.detail }
}

/**
 * The run's mesh that is to be the pod network of its cluster; null when there is none, or it cannot be had on such clusters.
 * Throws HarnessError CONFIG_INVALID when the run names several.
 */
export async function podNetworkOf(
  { mesh: arms }: Pick<RunOptions, 'mesh'>,
  traits: ClusterTraits,
): Promise<PodNetwork | null> {
  const wanted = new Map<string, PodNetwork>()
  for (const { mesh: meshName, mode } of arms) {
    const mesh: Mesh = meshes[meshName]
    const name = `${meshName}:${mode}`
    if (isNetwork(mesh)) wanted.set(name, { name, mesh, mode })
  }
  const [network, ...others] = wanted.values()
  if (others.length > 0)
    throw new HarnessError(
      'CONFIG_INVALID',
      `a cluster has one pod network, and this run names ${wanted.size}: ${[...wanted.keys()].join(', ')}; make a run for each`,
    )
  return network && (await network.mesh.available(traits, network.mode)).available ? network : null
}

/** What the pods of the run's meshes are made of, on nodes that take images of this machine. */
export function imagesOf({ mesh: arms }: Pick<RunOptions, 'mesh'>, { takesLocalImages }: ClusterTraits): string[] {
  if (!takesLocalImages) return []
  const named = arms.flatMap(({ mesh: name, mode }) => {
    const mesh: Mesh = meshes[name]
    return mesh.images?.(mode) ?? []
  })
  return [...new Set(named)]
}

/** Makes the cluster, and brings its pod network up. A cluster whose network fails is removed. Throws ClusterError. */
export async function provisionCluster(
  provider: ClusterProvider,
  spec: ClusterSpec,
  network: PodNetwork | null,
  report: (progress: string) => void,
): Promise<ClusterRef> {
  const ref = await provider.provision(spec, report)
  if (network === null) return ref
  try {
    await bringUp(provider, ref, network, report)
    return { ...ref, network: network.name }
  } catch (error) {
    await provider.destroy(ref)
    throw error
  }
}

async function bringUp(
  provider: ClusterProvider,
  ref: ClusterRef,
  { mesh, mode }: PodNetwork,
  report: (progress: string) => void,
): Promise<void> {
  await mesh.prepare(report, ref, mode)
  await using cluster = await provider.connect(ref)
  await mesh.establish(cluster, mode, report).catch(async (error) => {
    // The error is what matters, also where the logs cannot be had.
    if (ref.logDir) await cluster.collectLogs(ref.logDir).catch(() => {})
    throw error
  })
}
