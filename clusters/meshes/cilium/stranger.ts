import { z } from 'zod'
import { bundleProgram, programBeside } from '../../bundle.ts'
import type { Cluster, Endpoint, Pod } from '../../provider.ts'
import type { Knock } from '../proof.ts'

const entry = programBeside(import.meta.url, './programs/stranger')
const answer = z.union([z.literal(['refused', 'unreachable']), z.object({ answered: z.number() })])

/** A pod beside an arm's server that the arm's policy does not name. It idles until it is asked. */
export async function deployStranger(cluster: Cluster, namespace: string): Promise<Pod> {
  const file = await bundleProgram(entry, cluster.ref.workDir)
  return cluster.deploy({
    name: 'stranger',
    namespace,
    role: 'app',
    program: () => ({ kind: 'node', file }),
    ports: { http: 8080 },
    readinessProbe: { port: 'http', path: '/', timeoutMs: 60_000 },
    resources: { cpuMillicores: { request: 10 }, memoryBytes: { request: 32 << 20, limit: 128 << 20 } },
  })
}

/** What a GET of the stranger's gets. Throws when the stranger itself does not answer. */
export async function knockFrom(stranger: Pod, { host, ports }: Endpoint, port: string): Promise<Knock> {
  const query = new URLSearchParams({ host, port: String(ports[port]) })
  const { body } = await stranger.get('http', `/knock?${query}`, { timeoutMs: 10_000 })
  return answer.parse(JSON.parse(body))
}
