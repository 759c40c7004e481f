import { ClusterError } from '../../errors.ts'
import type { KubeCluster } from '../../kubernetes/cluster.ts'
import { runLabels } from '../../kubernetes/labels.ts'
import { applyManifests } from '../../kubernetes/manifest-set.ts'
import type { Enrolment, Membership } from '../../mesh.ts'
import { type Mark, markNamespace, untilInjected } from '../namespaces.ts'
import { sidecarArm } from '../sidecar-arm.ts'
import { judge } from './evidence.ts'
import type { Release } from './release.ts'
import type { SidecarSettings } from './settings.ts'
import { namespaceManifests, proxyContainer, sidecarMark, treatmentOf } from './sidecar.ts'
import { readCounters } from './stats.ts'

/** A namespace that was taken into the mesh, and the mark that it bears since. */
export interface Enrolled {
  namespace: string
  mark: Mark
  enrolment: Enrolment
}

/** Has every pod of a namespace get a proxy, those of servers and of jobs. */
export async function enrolSidecars(
  cluster: KubeCluster,
  { namespace: wanted, port, settings }: Membership<SidecarSettings>,
  { plainEnvoy }: Release,
): Promise<Enrolled> {
  if (settings.telemetry && plainEnvoy) {
    const why =
      "these proxies are built here without Istio's metrics filter; run it on a cluster that pulls Istio's own"
    throw new ClusterError(
      'CLUSTER_CONFIG_INVALID',
      `istio: 1 wrong field\n  settings.telemetry: received true; ${why}`,
    )
  }
  const { kube, ref } = cluster
  const namespace = await cluster.namespace(wanted)
  await markNamespace(kube, 'istio', namespace, sidecarMark)
  await applyManifests(kube, namespaceManifests(namespace, settings), runLabels(ref))
  const treatment = treatmentOf(settings)
  await untilInjected(kube, namespace, proxyContainer, treatment.annotations)
  const arm = sidecarArm(cluster, namespace, port, {
    container: proxyContainer,
    treatment,
    read: (server) => readCounters(server, port.number),
    judge: (seen) => judge({ ...seen, settings }),
  })
  return { namespace, mark: sidecarMark, enrolment: { server: treatment, arm } }
}
