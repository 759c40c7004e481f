import { dnsName, labelKeys } from '../../clusters/kubernetes/labels.ts'
import { appContainer } from '../../clusters/kubernetes/manifests.ts'
import type { Pod } from '../../clusters/provider.ts'
import type { Attribution, EventSource, Owner } from '../../ebpf/probe.ts'
import type { Station } from '../../reports/kernel.ts'

/** Of an arm, what tells its pods from those of others. */
export interface ArmPods {
  namespace: string
  server: Pick<Pod, 'name'>
  enrolled: { proxies: readonly Pick<Pod, 'name'>[] }
}

/** Where an event of an arm happened. */
export interface Place {
  owner: Owner
  at: Station
}

/** Where on an arm's way an event happened; null where it is none of the arm's. */
export function placeIn(arm: ArmPods, attribution: Attribution, { pid, netns }: EventSource): Place | null {
  const ofProcess = pid === undefined ? null : attribution.ownerOf({ pid })
  if (ofProcess && isOf(arm, ofProcess)) return { owner: ofProcess, at: stationOf(arm, ofProcess) }
  const ofNetwork = netns === undefined ? null : attribution.ownerOf({ netns })
  if (!ofNetwork || !isOf(arm, ofNetwork)) return null
  const side = stationOf(arm, ofNetwork)
  // A proxy of the node's own works in the network namespaces of the pods that it serves.
  return ofProcess ? { owner: ofProcess, at: proxyOf(side) } : { owner: ofNetwork, at: side }
}

const isOf = ({ namespace }: ArmPods, owner: Owner) =>
  owner.namespace === namespace || owner.namespace === dnsName(namespace)

function stationOf({ server, enrolled }: ArmPods, { pod, container, labels }: Owner): Station {
  const part = labels[labelKeys.part] ?? pod
  const side = part === server.name || part.startsWith(`${server.name}-`) ? 'app' : 'client'
  const isProxy =
    enrolled.proxies.some(({ name }) => name === part) || (container !== null && container !== appContainer)
  return isProxy ? proxyOf(side) : side
}

const proxyOf = (side: Station): Station =>
  side === 'app' || side === 'server proxy' ? 'server proxy' : 'client proxy'
