import type { KubeCluster } from '../../kubernetes/cluster.ts'
import type { Enrolment, Membership } from '../../mesh.ts'
import { markNamespace, untilInjected } from '../namespaces.ts'
import { sidecarArm } from '../sidecar-arm.ts'
import { judge, readCounters } from './evidence.ts'
import { type LinkerdSettings, linkerdMark, proxyContainer, treatmentOf } from './settings.ts'

/** Has every pod of a namespace get a proxy, those of servers and of jobs. */
export async function enrolNamespace(
  cluster: KubeCluster,
  { namespace: wanted, port, settings }: Membership<LinkerdSettings>,
): Promise<{ namespace: string; enrolment: Enrolment }> {
  const namespace = await cluster.namespace(wanted)
  await markNamespace(cluster.kube, 'linkerd', namespace, linkerdMark)
  const treatment = treatmentOf(settings)
  await untilInjected(cluster.kube, namespace, proxyContainer, treatment.annotations)
  const arm = sidecarArm(cluster, namespace, port, {
    container: proxyContainer,
    treatment,
    read: readCounters,
    judge: (seen) => judge({ ...seen, settings }),
  })
  return { namespace, enrolment: { server: treatment, arm } }
}
