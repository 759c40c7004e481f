import type { V1Pod, V1Service } from '@kubernetes/client-node'
import pWaitFor from 'p-wait-for'
import { secondsSince } from '../elapsed.ts'
import { ClusterError, type ClusterErrorCode } from '../errors.ts'
import { portVariables } from '../ports.ts'
import type { DataPath, Deployment, Endpoint } from '../provider.ts'
import { apply, type Manifest, remove } from './apply.ts'
import { portName } from './container.ts'
import { diagnosis } from './diagnosis.ts'
import { deploymentManifest, type ServiceType, serviceManifest } from './manifests.ts'
import { forwardPorts } from './port-forward.ts'
import { untilRefused } from './refusal.ts'
import { untilRolledOut } from './rollout.ts'
import type { RunNamespace } from './run-namespace.ts'
import { sidecarSecrets } from './sidecar.ts'
import { stateOf } from './state.ts'
import { untilUnplaced } from './unplaced.ts'

/** Scheduling, pulling the image, mounting: before the program's own time to turn ready begins. */
const startLimitMs = 180_000
const endpointLimitMs = 10_000

/** A deployment whose pod is ready. */
export interface Deployed {
  name: string
  pod: V1Pod
  endpoints: Partial<Record<DataPath, Endpoint>>
  /** Removes all of it, and waits until the pod is gone. */
  remove(): Promise<void>
}

/**
 * Deploys a program with its services and waits until it is ready. What a failed deployment leaves is removed.
 *
 * @throws ClusterError CLUSTER_DEPLOY_FAILED when it cannot be started or ends, CLUSTER_NOT_READY when it does not turn
 * ready in time, CLUSTER_POD_UNPLACED when the node that it names has no room for it; all with the events and the last lines of its output.
 */
export async function deploy(within: RunNamespace, deployment: Deployment): Promise<Deployed> {
  await within.checkPlacement(deployment.placement, deployment.name)
  const name = within.nameFor(deployment.name)
  const made: Manifest[] = []
  try {
    return await start(within, deployment, name, made)
  } catch (error) {
    await clear(within, name, made).catch(() => {})
    throw error
  }
}

async function start(within: RunNamespace, deployment: Deployment, name: string, made: Manifest[]): Promise<Deployed> {
  const { client, namespace } = within
  const { ports, paths = [] } = deployment
  const inside: Endpoint = { host: `${name}.${namespace}.svc`, ports }
  const program = await deployment.program(inside)
  const staged = program.kind === 'image' ? within.stageImage(name, program.image) : await within.stage(name, program)
  // Any address: a mesh's proxy and a port-forward come by 127.0.0.1, a client by the pod's own.
  const env = { HOST: '0.0.0.0', ...portVariables(ports), ...deployment.env }
  const service = (suffix: string, type: ServiceType) => serviceManifest(staged, `${name}${suffix}`, deployment, type)
  const services = {
    'cluster-ip': service('', 'ClusterIP'),
    ...(paths.includes('headless') ? { headless: service('-headless', 'Headless') } : {}),
    ...(paths.includes('node-port') ? { 'node-port': service('-node-port', 'NodePort') } : {}),
  }
  const manifest = deploymentManifest(staged, deployment, env)
  const secrets = sidecarSecrets(staged, deployment.treatment?.sidecars ?? [])
  made.push(manifest, ...Object.values(services), ...secrets)
  await Promise.all(secrets.map((secret) => apply(client, secret)))
  const [, applied] = await Promise.all([
    apply(client, manifest),
    Promise.all(
      Object.entries(services).map(async ([path, one]) => [path as DataPath, await apply(client, one)] as const),
    ),
  ])
  const pod = await untilReady(within, deployment, name)
  if (deployment.replicas !== undefined)
    await untilRolledOut(client, namespace, deployment.readinessProbe.timeoutMs, [name])
  await untilServiceHasEndpoint(within, name)
  const forward = paths.includes('port-forward') ? await forwardPorts(client, namespace, pod, ports) : null
  return {
    name,
    pod,
    endpoints: {
      'pod-ip': { host: pod.status?.podIP ?? '', ports },
      ...Object.fromEntries(applied.map(([path, one]) => [path, endpointOf(path, one, namespace, ports, pod)])),
      ...(forward ? { 'port-forward': { host: forward.host, ports: forward.ports } } : {}),
    },
    async remove() {
      await forward?.[Symbol.asyncDispose]()
      await clear(within, name, made)
    },
  }
}

async function untilReady(within: RunNamespace, deployment: Deployment, name: string): Promise<V1Pod> {
  const { watch } = within
  const startedAt = performance.now()
  const over = new AbortController()
  const { timeoutMs } = deployment.readinessProbe
  try {
    const states = () => within.podsOf(name).map((pod) => ({ pod, ...stateOf(pod) }))
    const begun = watch.until(
      () => states().find(({ running, ended, stuck }) => running || ended !== null || stuck !== null) ?? null,
      startLimitMs,
      over.signal,
    )
    const unplaced = untilUnplaced(within, deployment.placement, name, over.signal).then(async (why) => {
      throw await failure(within, deployment, name, startedAt, why, 'found no place', 'CLUSTER_POD_UNPLACED')
    })
    const first = await Promise.race([begun, untilRefused(within, name, 1, over.signal), unplaced])
    if (typeof first === 'string') throw await failure(within, deployment, name, startedAt, first)
    if (first === null) {
      const why = states()[0]?.waiting ?? 'no pod was made'
      throw await failure(within, deployment, name, startedAt, why, 'was not started')
    }
    const settled = await watch.until(
      () => states().find(({ ready, ended, stuck }) => ready || ended !== null || stuck !== null) ?? null,
      timeoutMs,
    )
    if (settled?.ready) return settled.pod
    if (settled === null) {
      const { path, port } = deployment.readinessProbe
      const probe = `GET ${path} on port ${port} should return 200`
      throw await failure(within, deployment, name, startedAt, probe, 'was not ready', 'CLUSTER_NOT_READY')
    }
    const why = settled.stuck ?? settled.ended?.words ?? ''
    const what = settled.stuck ? 'could not be started' : 'ended before it was ready'
    throw await failure(within, deployment, name, startedAt, why, what)
  } finally {
    over.abort(new Error('the deployment is decided'))
  }
}

async function failure(
  within: RunNamespace,
  deployment: Deployment,
  name: string,
  startedAt: number,
  why: string,
  what = 'could not be started',
  code: ClusterErrorCode = 'CLUSTER_DEPLOY_FAILED',
): Promise<ClusterError> {
  const after = secondsSince(startedAt)
  const { client, namespace } = within
  const details = await diagnosis(client, namespace, name, within.podsOf(name))
  return new ClusterError(code, `${deployment.name} in ${namespace} ${what} after ${after}: ${why}\n${details}`)
}

/**
 * Waits until a service has a ready endpoint. A ready pod takes requests by its service once the cluster's slices name it.
 *
 * @throws ClusterError CLUSTER_NOT_READY when it has none after 10 s.
 */
export async function untilServiceHasEndpoint(
  { client, namespace }: Pick<RunNamespace, 'client' | 'namespace'>,
  name: string,
): Promise<void> {
  const labelSelector = `kubernetes.io/service-name=${name}`
  const hasEndpoint = async () => {
    const { items } = await client.discovery.listNamespacedEndpointSlice({ namespace, labelSelector })
    return items.some(({ endpoints }) => endpoints?.some(({ conditions }) => conditions?.ready))
  }
  const fallback = () => {
    throw new ClusterError(
      'CLUSTER_NOT_READY',
      `the service ${name} in ${namespace} got no endpoint, though its pod is ready`,
    )
  }
  await pWaitFor(hasEndpoint, { interval: 50, timeout: { milliseconds: endpointLimitMs, fallback } })
}

function endpointOf(
  path: DataPath,
  { metadata, spec }: V1Service,
  namespace: string,
  ports: Record<string, number>,
  pod: V1Pod,
): Endpoint {
  if (path !== 'node-port') return { host: `${metadata?.name}.${namespace}.svc`, ports }
  const given = Object.keys(ports).map((name) => {
    const port = spec?.ports?.find((one) => one.name === portName(name))
    return [name, port?.nodePort ?? 0] as const
  })
  return { host: pod.status?.hostIP ?? '', ports: Object.fromEntries(given) }
}

async function clear(within: RunNamespace, name: string, made: readonly Manifest[]): Promise<void> {
  await Promise.all(made.map((object) => remove(within.client, object)))
  const left = await within.watch.until(() => (within.podsOf(name).length === 0 ? true : null), 60_000)
  if (left === null) {
    throw new ClusterError('CLUSTER_NOT_REMOVED', `the pod of ${name} in ${within.namespace} was not gone after 60 s`)
  }
  within.releaseName(name)
}
