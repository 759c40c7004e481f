import { ClusterError } from '../errors.ts'
import type { KubeClient } from './client.ts'
import { retrying } from './failure.ts'

/** Something that may be done with the objects of a kind, in any namespace. */
export interface Permission {
  verb: string
  resource: string
  group?: string
  subresource?: string
  /** What it is for. */
  purpose: string
}

const workloads = 'to deploy workloads'
const jobs = 'to run the load'

/** Without these nothing can run. */
export const needed: readonly Permission[] = [
  { verb: 'create', resource: 'namespaces', purpose: 'every arm has a namespace of its own' },
  { verb: 'list', resource: 'nodes', purpose: 'to keep servers and clients to the same nodes' },
  { verb: 'get', resource: 'namespaces', purpose: 'every arm has a namespace of its own' },
  { verb: 'list', resource: 'namespaces', purpose: 'to see other runs, and what is left of this one' },
  { verb: 'delete', resource: 'namespaces', purpose: 'to remove what was made' },
  { verb: 'patch', resource: 'configmaps', purpose: 'to bring programs to their pods' },
  { verb: 'patch', resource: 'secrets', purpose: 'to hand the load what it is to do, and proxies their certificates' },
  { verb: 'patch', resource: 'services', purpose: workloads },
  { verb: 'patch', resource: 'deployments', group: 'apps', purpose: workloads },
  { verb: 'patch', resource: 'jobs', group: 'batch', purpose: jobs },
  { verb: 'list', resource: 'pods', purpose: 'to wait until they are ready' },
  { verb: 'watch', resource: 'pods', purpose: 'to wait until they are ready' },
  { verb: 'get', resource: 'pods', subresource: 'log', purpose: 'to read the results of the load' },
  { verb: 'get', resource: 'pods', subresource: 'proxy', purpose: 'to collect evidence' },
]

/** Without these something is not known. */
export const wanted: readonly Permission[] = [
  { verb: 'get', resource: 'nodes', subresource: 'proxy', purpose: 'CPU and memory of pods' },
  { verb: 'create', resource: 'pods', subresource: 'exec', purpose: 'CPU to the moment, and throttling' },
  { verb: 'list', resource: 'events', purpose: 'events in messages about failures' },
]

/** Which of the permissions the user does not have, as the API server judges. */
async function missingPermissions(client: KubeClient, permissions: readonly Permission[]): Promise<Permission[]> {
  const { AuthorizationV1Api } = await import('@kubernetes/client-node')
  const api = client.config.makeApiClient(AuthorizationV1Api)
  const allowed = await Promise.all(
    permissions.map(async ({ verb, resource, group = '', subresource = '' }) => {
      const resourceAttributes = { verb, resource, group, subresource }
      const body = { spec: { resourceAttributes } }
      return (await retrying(() => api.createSelfSubjectAccessReview({ body }))).status?.allowed === true
    }),
  )
  return permissions.filter((_, i) => !allowed[i])
}

/** The permission as `kubectl auth can-i` takes it. */
export function words({ verb, resource, group, subresource }: Permission): string {
  return `${verb} ${resource}${group ? `.${group}` : ''}${subresource ? `/${subresource}` : ''}`
}

/**
 * Returns the wanted permissions that are missing: what they are for cannot be known.
 *
 * @throws ClusterError CLUSTER_PERMISSION_MISSING that names every permission without which nothing can run.
 */
export async function checkPermissions(client: KubeClient): Promise<Permission[]> {
  const missing = await missingPermissions(client, needed)
  if (missing.length === 0) return missingPermissions(client, wanted)
  const user = client.config.getCurrentUser()?.name
  throw new ClusterError(
    'CLUSTER_PERMISSION_MISSING',
    `user '${user}' of context ${client.config.getCurrentContext()} lacks\n` +
      missing.map((one) => `  ${words(one)}: ${one.purpose}`).join('\n') +
      `\n  look: kubectl auth can-i --list`,
  )
}
