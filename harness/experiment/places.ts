import { type CoreShares, separatesCores, sharedCores } from '../../clusters/cores.ts'
import type { Cluster, Node, Placement } from '../../clusters/provider.ts'
import type { ArmSpec, ClientPlace } from './spec.ts'

/** The nodes of an experiment: every arm's servers stand on the one and its load on the other, from its beginning to its end. */
export interface Places {
  server: Node
  client: Node
}

/** Two nodes where there are two, and always the same of the same cluster. `nodes` are those that the experiment may keep to, at least one. */
export function choosePlaces(nodes: readonly Node[]): Places {
  const [first, second = first] = nodes.toSorted((a, b) => (a.name < b.name ? -1 : 1))
  return { server: first as Node, client: second as Node }
}

/** The node of an arm's load: the one of its servers, or the other. The arm itself says so, or where there are two, it is the other. */
export function clientNode(client: Exclude<ClientPlace, 'outside'> | undefined, places: Places): Node {
  return client === 'same-node' ? places.server : places.client
}

/** A placement on one node and no other. */
export function onNode(kept: Placement, node: Node): Placement {
  const host = node.labels['kubernetes.io/hostname'] ?? node.name
  return { ...kept, nodeLabels: { ...kept.nodeLabels, 'kubernetes.io/hostname': host } }
}

/** For people: where servers and loads stand. An arm that names a place of its own says so in its name. */
export const placesText = ({ server, client }: Places) => `servers on ${server.name}, clients on ${client.name}`

/**
 * Gives the load and what it measures different cores until what is returned is disposed of, unless `shareCores`. Where it stands
 * beside the servers in some arms and not in others, all keep all cores: the arms would not have the same.
 */
export async function shareOutCores(
  cluster: Cluster,
  { server, client }: Places,
  arms: readonly ArmSpec[],
  shareCores: boolean,
): Promise<CoreShares> {
  if (shareCores) return sharedCores('asked for by --share-cores')
  if (!separatesCores(cluster)) return sharedCores(`${cluster.ref.provider} has no way to the nodes' cores`)
  const elsewhere = arms.find((arm) => arm.client !== undefined && arm.client !== 'other-node')
  if (elsewhere && cluster.ref.kube) return sharedCores(`the load of ${elsewhere.name} is not on a node of its own`)
  return cluster.separateCores(server.name, client.name)
}
