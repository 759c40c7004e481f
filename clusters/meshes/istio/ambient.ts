import { ClusterError } from '../../errors.ts'
import type { Manifest } from '../../kubernetes/apply.ts'
import type { KubeCluster } from '../../kubernetes/cluster.ts'
import { isUnknownKind } from '../../kubernetes/failure.ts'
import { runLabels } from '../../kubernetes/labels.ts'
import { applyManifests } from '../../kubernetes/manifest-set.ts'
import { untilRolledOut } from '../../kubernetes/rollout.ts'
import type { Membership } from '../../mesh.ts'
import type { Pod } from '../../provider.ts'
import { type Mark, markNamespace } from '../namespaces.ts'
import { podUrl } from '../pod-url.ts'
import type { Enrolled } from './enrol.ts'
import { type AmbientSettings, waypointName } from './settings.ts'
import { accessPolicy } from './sidecar.ts'
import { watchAmbient } from './ztunnel.ts'

const waypointLimitMs = 120_000

/** Has the traffic of a namespace's pods taken through the proxies of their nodes, and through a waypoint if there is to be one. */
export async function enrolAmbient(
  cluster: KubeCluster,
  { namespace: wanted, port, settings }: Membership<AmbientSettings>,
): Promise<Enrolled> {
  const { kube, ref } = cluster
  const namespace = await cluster.namespace(wanted)
  const mark = markFor(settings)
  await markNamespace(kube, 'istio', namespace, mark)
  await applyManifests(kube, ambientManifests(namespace, settings), runLabels(ref)).catch((cause) => {
    if (!isUnknownKind(cause)) throw cause
    const why = "this cluster does not know the kind Gateway; apply the Gateway API's definitions to it first"
    throw new ClusterError('CLUSTER_MESH_FAILED', `${namespace} got no waypoint: ${why}`, { cause })
  })
  if (settings.waypoint) await untilRolledOut(kube, namespace, waypointLimitMs, [waypointName])
  const arm = async (server: Pod) => ({
    target: podUrl(server, port.name),
    proxies: [],
    client: {},
    watch: () => watchAmbient(cluster, namespace, server, port.name, settings),
    async [Symbol.asyncDispose]() {},
  })
  return { namespace, mark, enrolment: { server: {}, arm } }
}

export function markFor({ waypoint }: AmbientSettings): Mark {
  const through = waypoint ? { 'istio.io/use-waypoint': waypointName } : {}
  return { labels: { 'istio.io/dataplane-mode': 'ambient', ...through } }
}

/** The objects that hold an arm's settings in its namespace. */
export function ambientManifests(namespace: string, { mtls, waypoint, l7Policy }: AmbientSettings): Manifest[] {
  const of = (apiVersion: string, kind: string, name: string, spec: object, labels = {}) =>
    ({ apiVersion, kind, metadata: { name, namespace, labels }, spec }) as Manifest
  const gatewayKind = { group: 'gateway.networking.k8s.io', kind: 'Gateway' }
  return [
    of('security.istio.io/v1', 'PeerAuthentication', 'meshmark', { mtls: { mode: mtls.toUpperCase() } }),
    ...(waypoint
      ? [
          of(
            `${gatewayKind.group}/v1`,
            gatewayKind.kind,
            waypointName,
            {
              gatewayClassName: 'istio-waypoint',
              listeners: [{ name: 'mesh', port: 15008, protocol: 'HBONE' }],
            },
            { 'istio.io/waypoint-for': 'service' },
          ),
        ]
      : []),
    ...(l7Policy
      ? [
          of('security.istio.io/v1', 'AuthorizationPolicy', 'meshmark', {
            ...accessPolicy,
            targetRefs: [{ ...gatewayKind, name: waypointName }],
          }),
        ]
      : []),
  ]
}
