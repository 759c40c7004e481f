import { z } from 'zod'
import { bundleProgram, programBeside } from '../../bundle.ts'
import type { Cluster, Endpoint, Pod } from '../../provider.ts'
import type { Access } from '../access.ts'

const entry = programBeside(import.meta.url, './programs/stranger')
const answer = z.union([z.literal(['refused', 'unreachable']), z.object({ status: z.number() })])

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
export async function tryFrom(stranger: Pod, { host, ports }: Endpoint, port: string): Promise<Access> {
  const query = new URLSearchParams({ host, port: String(ports[port]) })
  const { body } = await stranger.get('http', `/try?${query}`, { timeoutMs: 10_000 })
  return answer.parse(JSON.parse(body))
}
