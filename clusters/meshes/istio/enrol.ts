import { ClusterError } from '../../errors.ts'
import type { KubeCluster } from '../../kubernetes/cluster.ts'
import { runLabels } from '../../kubernetes/labels.ts'
import { applyManifests } from '../../kubernetes/manifest-set.ts'
import type { Enrolment, Membership } from '../../mesh.ts'
import { type Mark, markNamespace, untilInjected } from '../namespaces.ts'
import { sidecarArm } from '../sidecar-arm.ts'
import { istioSidecarEvidence } from './evidence.ts'
import type { IstioRelease } from './release.ts'
import type { SidecarSettings } from './settings.ts'
import { istioProxy, istioTreatment, namespaceManifests, sidecarMark } from './sidecar.ts'
import { readIstioCounters } from './stats.ts'

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
  { plainEnvoy }: IstioRelease,
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
  const treatment = istioTreatment(settings)
  await untilInjected(kube, namespace, istioProxy, treatment.annotations)
  const arm = sidecarArm(cluster, namespace, port, {
    container: istioProxy,
    mark: sidecarMark,
    treatment,
    read: (server) => readIstioCounters(server, port.number),
    evidence: (seen) => istioSidecarEvidence({ ...seen, settings }),
  })
  return { namespace, mark: sidecarMark, enrolment: { server: treatment, arm } }
}
