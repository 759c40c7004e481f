import type { KubeCluster } from '../../kubernetes/cluster.ts'
import type { Enrolment, Membership } from '../../mesh.ts'
import { markNamespace, untilInjected } from '../namespaces.ts'
import { sidecarArm } from '../sidecar-arm.ts'
import { linkerdEvidence, readLinkerdCounters } from './evidence.ts'
import { type LinkerdSettings, linkerdMark, linkerdProxy, linkerdTreatment } from './settings.ts'

/** Has every pod of a namespace get a proxy, those of servers and of jobs. */
export async function enrolNamespace(
  cluster: KubeCluster,
  { namespace: wanted, port, settings }: Membership<LinkerdSettings>,
): Promise<{ namespace: string; enrolment: Enrolment }> {
  const namespace = await cluster.namespace(wanted)
  await markNamespace(cluster.kube, 'linkerd', namespace, linkerdMark)
  const treatment = linkerdTreatment(settings)
  await untilInjected(cluster.kube, namespace, linkerdProxy, treatment.annotations)
  const arm = sidecarArm(cluster, namespace, port, {
    container: linkerdProxy,
    mark: linkerdMark,
    treatment,
    read: readLinkerdCounters,
    evidence: (seen) => linkerdEvidence({ ...seen, settings }),
  })
  return { namespace, enrolment: { server: treatment, arm } }
}
