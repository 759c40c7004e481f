import type { KubeCluster } from '../kubernetes/cluster.ts'
import type { Enrolment, Membership, TreatmentEvidence } from '../mesh.ts'
import type { Pod, PodTreatment } from '../provider.ts'
import { type Access, tryPod } from './access.ts'
import { hasSidecar, watchJobPods } from './job-pods.ts'
import { type Mark, markMismatches, missingMarks } from './namespaces.ts'
import { podUrl } from './pod-url.ts'

/** What was seen around one trial of an arm whose every pod was to get a proxy. */
export interface SidecarObservation<Counters> {
  requestsSent: number
  /** Whether a proxy runs in the server's pod. */
  injected: boolean
  /** The pods that the load came from, and those among them that had a proxy. */
  clients: { seen: number; injected: number }
  /** Of the server's proxy; null when it could not be asked. */
  before: Counters | null
  after: Counters | null
  /** A GET on the app's port from outside the mesh, and one over TLS without a client certificate. */
  plaintext: Access
  anonymous: Access
  /** What of its mark the namespace does not bear at the end, as `key=value`: pods that were there before keep their proxies. */
  unmarked: readonly string[]
}

/** The proxy that a mesh puts into every pod, as an arm is watched through it. */
interface InjectedProxy<Counters> {
  container: string
  /** Of the namespace. */
  mark: Mark
  treatment: PodTreatment
  /** Asks the server's proxy for its counters; throws when it does not answer. */
  read(server: Pod): Promise<Counters>
  evidence(seen: SidecarObservation<Counters>): TreatmentEvidence
}

/** An arm of a namespace whose every pod gets a proxy by itself. */
export function sidecarArm<Counters>(
  cluster: KubeCluster,
  namespace: string,
  port: Membership['port'],
  { container, mark, treatment, read, evidence }: InjectedProxy<Counters>,
): Enrolment['arm'] {
  return async (server) => {
    const watches = new DisposableStack()
    const counters = () => read(server).catch(() => null)
    return {
      target: podUrl(server, port.name),
      proxies: [],
      client: treatment,
      async watch() {
        const jobPods = watches.adopt(await watchJobPods(cluster, namespace), (end) => end())
        const before = await counters()
        return async (requestsSent) => {
          const after = await counters()
          const pods = jobPods()
          const clients = { seen: pods.length, injected: pods.filter((pod) => hasSidecar(pod, container)).length }
          // Last, as they are counted too.
          const plaintext = await tryPod(server, port.name)
          const anonymous = await tryPod(server, port.name, { tls: true })
          const injected = server.sidecars.includes(container)
          const unmarked = await missingMarks(cluster.kube, namespace, mark)
          return evidence({ requestsSent, injected, clients, before, after, plaintext, anonymous, unmarked })
        }
      },
      async [Symbol.asyncDispose]() {
        watches.dispose()
      },
    }
  }
}

/** What does not fit of the proxies themselves, before any of them is asked. */
export function proxyMismatches(
  container: string,
  { injected, clients, before, after, unmarked }: Omit<SidecarObservation<unknown>, 'requestsSent'>,
): string[] {
  const bare = clients.seen - clients.injected
  return [
    ...(injected ? [] : [`The server's pod has no ${container}.`]),
    ...(clients.seen === 0 ? ['No pod was seen that the load could have come from.'] : []),
    ...(bare > 0 ? [`${bare} of ${clients.seen} pods of the load had no ${container}.`] : []),
    ...markMismatches(unmarked),
    ...(injected && !(before && after) ? ["The server's proxy could not be asked for its counters."] : []),
  ]
}
