import type { Manifest } from '../../kubernetes/apply.ts'
import type { KubeClient } from '../../kubernetes/client.ts'
import type { KubeCluster } from '../../kubernetes/cluster.ts'
import { restricted } from '../../kubernetes/container.ts'
import { dnsName, type Labels, labelKeys, runLabels } from '../../kubernetes/labels.ts'
import { applyManifests } from '../../kubernetes/manifest-set.ts'
import { meteredContainers } from '../../kubernetes/metered.ts'
import { createNamespace, deleteNamespace } from '../../kubernetes/namespace.ts'
import { forwardPorts } from '../../kubernetes/port-forward.ts'
import { untilRolledOut } from '../../kubernetes/rollout.ts'
import type { Metered } from '../../mesh.ts'
import { leftAfter } from '../control-plane.ts'
import { agentAt, type ConsulAgent } from './api.ts'
import { type AgentAddress, agentArguments, agentPorts, agentReadiness } from './commands.ts'
import { meshFailure } from './failure.ts'

const name = 'consul'

/** An agent in a pod of its own. Disposing it removes all of it. */
export interface AgentDeployment extends AsyncDisposable {
  namespace: string
  /** As pods reach it. */
  address: AgentAddress
  /** As we reach it. */
  api: ConsulAgent
  /** How many pods of it are ready; null when it is gone. */
  ready(): Promise<number | null>
  containers: readonly Metered[]
}

/**
 * Deploys an agent in a namespace of the run's and waits until it issues certificates. One that is there is used.
 *
 * @throws ClusterError CLUSTER_MESH_FAILED with its events and last output; all of it is removed by then.
 */
export async function deployAgent(
  { kube, ref }: KubeCluster,
  image: string,
  limitMs: number,
): Promise<AgentDeployment> {
  const namespace = dnsName(`${ref.runId}-${name}`)
  await claimNamespace(kube, namespace, runLabels(ref))
  try {
    await applyManifests(kube, manifests(namespace, image), runLabels(ref))
    await untilRolledOut(kube, namespace, limitMs, [name])
    const { spec } = await kube.core.readNamespacedService({ name, namespace })
    const forward = await forwardPorts(kube, namespace, await podOf(kube, namespace), { http: agentPorts.http })
    const metered = await meteredContainers(kube, namespace)
    return {
      namespace,
      address: { host: spec?.clusterIP ?? '', http: agentPorts.http, grpc: agentPorts.grpc },
      api: agentAt(forward.host, forward.ports.http as number),
      ready: () => readyPods(kube, namespace),
      containers: metered.containers,
      async [Symbol.asyncDispose]() {
        metered[Symbol.dispose]()
        await forward[Symbol.asyncDispose]()
        await deleteNamespace(kube, namespace)
      },
    }
  } catch (cause) {
    throw meshFailure(cause, await leftAfter(deleteNamespace(kube, namespace)))
  }
}

/** Makes the namespace; one that an interrupted run was about to remove is waited for. */
async function claimNamespace(kube: KubeClient, namespace: string, labels: Labels): Promise<void> {
  const own = (await kube.core.listNamespace()).items.find(({ metadata }) => metadata?.name === namespace)
  if (own?.metadata?.deletionTimestamp && own.metadata.labels?.[labelKeys.run] === labels[labelKeys.run])
    await deleteNamespace(kube, namespace)
  await createNamespace(kube, namespace, labels)
}

async function podOf(kube: KubeClient, namespace: string) {
  const { items } = await kube.core.listNamespacedPod({ namespace, labelSelector: `app=${name}` })
  // One of an earlier attempt may still be on its way out.
  const pod = items.find(({ metadata }) => metadata?.deletionTimestamp === undefined)
  if (!pod) throw new Error(`the pod of ${name} in ${namespace} has just gone`)
  return pod
}

async function readyPods(kube: KubeClient, namespace: string): Promise<number | null> {
  const { items } = await kube.apps.listNamespacedDeployment({ namespace })
  const [deployment] = items
  return deployment ? (deployment.status?.availableReplicas ?? 0) : null
}

function manifests(namespace: string, image: string): Manifest[] {
  const labels = { app: name }
  const metadata = { name, namespace, labels }
  const container = {
    name,
    image,
    imagePullPolicy: 'IfNotPresent',
    command: ['consul', ...agentArguments('0.0.0.0', '127.0.0.1', agentPorts)],
    ports: [agentPorts.http, agentPorts.grpc].map((containerPort) => ({ containerPort })),
    readinessProbe: {
      httpGet: { path: agentReadiness.path, port: agentPorts[agentReadiness.port] },
      periodSeconds: 1,
      timeoutSeconds: 5,
    },
    resources: { requests: { cpu: '100m', memory: String(128 << 20) } },
    securityContext: restricted,
    volumeMounts: [{ name: 'scratch', mountPath: '/tmp' }],
  }
  const pod = {
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: 1,
    securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } },
    containers: [container],
    volumes: [{ name: 'scratch', emptyDir: {} }],
  }
  const deployment = {
    replicas: 1,
    revisionHistoryLimit: 0,
    // Two agents would each know half of the services.
    strategy: { type: 'Recreate' },
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: pod },
  }
  const ports = (['http', 'grpc'] as const).map((port) => ({ name: port, port: agentPorts[port] }))
  return [
    { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec: deployment } as Manifest,
    { apiVersion: 'v1', kind: 'Service', metadata, spec: { selector: labels, ports } } as Manifest,
  ]
}
