import type {
  EnrolledArm,
  Enrolment,
  Membership,
  MeshInstallation,
  ServiceMesh,
  TreatmentEvidence,
} from '../../mesh.ts'
import type { Cluster, Pod } from '../../provider.ts'
import { podUrl } from '../pod-url.ts'
import { fitsCount, requestsAt } from '../request-count.ts'
import { noSettings } from '../settings.ts'

/** A server's own delay is a setting of its arm. */
const slowServerMs = 30_000

const there = { available: true, detail: 'needs nothing' } as const

/** No mesh: the client talks to the server itself. What the others are compared with. */
export const baseline: ServiceMesh = {
  modes: ['none'],
  settings: noSettings,
  // Where pods are Kubernetes' own: kube-proxy, or what stands in for it, does.
  followsServices: true,
  refuses: () => null,
  pods: ['kubernetes', 'processes'],
  available: async () => there,
  prepare: async () => ({ availability: there, versions: {} }),
  install: async (cluster) => new NoMesh(cluster),
}

class NoMesh implements MeshInstallation {
  readonly #cluster: Cluster

  constructor(cluster: Cluster) {
    this.#cluster = cluster
  }

  async status() {
    return { mesh: 'baseline', installed: true, components: [], healthy: true }
  }

  async enrol({ port, httpPort = port.name }: Membership): Promise<Enrolment> {
    return { server: {}, arm: async (server) => this.#arm(server, port.name, httpPort) }
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  #arm(server: Pod, port: string, httpPort: string): EnrolledArm {
    return {
      target: podUrl(server, port),
      proxies: [],
      client: {},
      async [Symbol.asyncDispose]() {},
      watch: async () => {
        const before = await requestsAt(server, httpPort)
        return async (requestsSent) => {
          const after = await requestsAt(server, httpPort)
          // Not for workloads that do not count.
          const requests = before === null || after === null ? null : after - before
          return this.#judge(server, httpPort, requestsSent, requests)
        }
      },
    }
  }

  async #judge(server: Pod, port: string, sent: number, requests: number | null): Promise<TreatmentEvidence> {
    const besides = this.#cluster.pods(server.namespace).filter((pod) => pod.role === 'proxy')
    const proxies = [...besides.map((pod) => pod.name), ...server.sidecars]
    const plain = await server.get(port, '/', { timeoutMs: slowServerMs }).catch((error: Error) => error.message)
    const mismatches: string[] = []
    if (proxies.length > 0) {
      mismatches.push(`The baseline must have no proxy, but ${proxies.join(', ')} runs beside the server.`)
    }
    if (typeof plain === 'string') mismatches.push(`The server did not answer a plain GET on port ${port} (${plain}).`)
    if (requests !== null && !fitsCount(requests, sent)) {
      mismatches.push(`The server counted ${requests} requests where ${sent} were sent.`)
    }
    return {
      summary: proxies.length === 0 ? 'no proxy, plain text' : `${proxies.length} proxies`,
      facts: {
        proxies: proxies.length,
        handshakes: 0,
        plaintextAccepted: typeof plain === 'object',
        requestsSent: sent,
        ...(requests === null ? {} : { requestsAtServer: requests }),
      },
      mismatches,
    }
  }
}
