import pWaitFor from 'p-wait-for'
import { z } from 'zod'
import { ClusterError } from '../../errors.ts'
import type { Identity } from '../certificates.ts'

/** A piece of the agent's configuration, as its HTTP API takes it. */
export interface ConfigEntry {
  Kind: string
  Name: string
  [field: string]: unknown
}

/** A service, as the agent's HTTP API takes it. */
export interface Service {
  ID: string
  Name: string
  [field: string]: unknown
}

/** An agent by its HTTP API. Everything throws ClusterError CLUSTER_MESH_FAILED with the agent's reply. */
export interface ConsulAgent {
  write(entry: ConfigEntry): Promise<void>
  remove(entry: ConfigEntry): Promise<void>
  /** One that is registered already is replaced. */
  register(service: Service): Promise<void>
  deregister(id: string): Promise<void>
  /** A certificate of the mesh's own authority for a service, which need not be registered. */
  issue(service: string): Promise<Identity>
  /** Waits until a sidecar of the service passes its checks. */
  untilPassing(service: string): Promise<void>
}

const leaf = z.object({ CertPEM: z.string(), PrivateKeyPEM: z.string() })
const checks = z.array(z.object({ Status: z.string(), Output: z.string() }))
const instances = z.array(z.object({ Checks: checks.nullable().transform((all) => all ?? []) }))
type Instances = z.output<typeof instances>
const requestLimitMs = 20_000
const passingLimitMs = 60_000

export function agentAt(host: string, port: number): ConsulAgent {
  const call = (method: Method, path: string, body?: object) =>
    ask(new URL(`http://${host}:${port}/v1/${path}`), method, body)
  return {
    async write(entry) {
      await call('PUT', 'config', entry)
    },
    async remove({ Kind, Name }) {
      await call('DELETE', `config/${Kind}/${Name}`)
    },
    async register(service) {
      await call('PUT', 'agent/service/register?replace-existing-checks=true', service)
    },
    async deregister(id) {
      await call('PUT', `agent/service/deregister/${id}`)
    },
    async issue(service) {
      const { CertPEM, PrivateKeyPEM } = leaf.parse(await call('GET', `agent/connect/ca/leaf/${service}`))
      return { certificate: CertPEM, privateKey: PrivateKeyPEM }
    },
    async untilPassing(service) {
      let found: Instances = []
      const isPassing = async () => {
        found = instances.parse(await call('GET', `health/connect/${service}`))
        return found.some(({ Checks }) => Checks.every(({ Status }) => Status === 'passing'))
      }
      const fallback = () => {
        const after = `${passingLimitMs / 1000} s`
        throw new ClusterError(
          'CLUSTER_MESH_FAILED',
          `Consul's checks of the sidecar of ${service} did not pass within ${after}: ${failingOf(found)}`,
        )
      }
      await pWaitFor(isPassing, { interval: 100, timeout: { milliseconds: passingLimitMs, fallback } })
    },
  }
}

type Method = 'GET' | 'PUT' | 'DELETE'

async function ask(url: URL, method: Method, body?: object): Promise<unknown> {
  const failed = (why: string, cause?: unknown) =>
    new ClusterError('CLUSTER_MESH_FAILED', `Consul's agent, asked for ${method} ${url.pathname}: ${why}`, { cause })
  const signal = AbortSignal.timeout(requestLimitMs)
  try {
    const response = await fetch(url, { method, signal, ...(body ? { body: JSON.stringify(body) } : {}) })
    const text = (await response.text()).trim()
    if (response.ok) return text === '' ? null : JSON.parse(text)
    throw failed(`${response.status} ${text}`)
  } catch (cause) {
    if (cause instanceof ClusterError) throw cause
    const { message, cause: reason } = cause as Error
    throw failed(reason instanceof Error ? reason.message : message, cause)
  }
}

/** The output of the failing checks. */
function failingOf(found: Instances): string {
  const failing = found.flatMap(({ Checks }) => Checks).filter(({ Status }) => Status !== 'passing')
  return failing.map(({ Output }) => Output).join('; ') || 'it is not registered'
}
