import { writeFile } from 'node:fs/promises'
import { ClusterError } from '../errors.ts'
import { openLog } from '../logs.ts'
import type { Deployment, GetOptions, Pod, Reply } from '../provider.ts'
import { CgroupReader } from './cgroup.ts'
import type { KubeClient } from './client.ts'
import { deploy } from './deploy.ts'
import { outputOf } from './diagnosis.ts'
import { statusObject } from './failure.ts'
import { appContainer } from './manifests.ts'
import type { RunNamespace } from './run-namespace.ts'
import { stateOf } from './state.ts'
import { usageOf } from './usage.ts'

/** Deploys a program and returns its pod once it is ready. `onGone` is called when the pod has been disposed of. */
export async function deployPod(
  within: RunNamespace,
  deployment: Deployment,
  logDir: string,
  onGone: () => void,
): Promise<Pod> {
  const { client, namespace } = within
  const { name, pod, endpoints, remove } = await deploy(within, deployment)
  const podName = pod.metadata?.name ?? ''
  const node = pod.spec?.nodeName ?? ''
  const app = { namespace, pod: podName, container: appContainer }
  const now = () => within.podsOf(name).find(({ metadata }) => metadata?.name === podName)
  const state = () => {
    const found = now()
    return found && stateOf(found)
  }
  const logs = () => outputOf(client, namespace, now() ?? pod)
  // Injected proxies too, which run as containers beside ours or, restarted for ever, as its first ones.
  const containers = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])].filter(
    (one) => one.restartPolicy === 'Always' || pod.spec?.containers.includes(one),
  )
  const cgroups = new Map(
    containers.map((one) => [one.name, new CgroupReader(client, { ...app, container: one.name })] as const),
  )
  let gone: Promise<void> | undefined
  return {
    host: `${name}.${namespace}.svc`,
    ports: { ...deployment.ports },
    name: deployment.name,
    namespace: deployment.namespace,
    role: deployment.role,
    node,
    sidecars: containers.map((one) => one.name).filter((one) => one !== appContainer),
    endpoints,
    running: () => state()?.running === true,
    get: (port, path, options = {}) =>
      getThroughServer(client, app, typeof port === 'number' ? port : deployment.ports[port], path, options),
    logs,
    usage: async () => ({ ...(await usageOf(client, node, app, cgroups)), restarts: state()?.restarts ?? 0 }),
    [Symbol.asyncDispose]() {
      gone ??= (async () => {
        for (const reader of cgroups.values()) reader[Symbol.dispose]()
        await keepLog(logDir, deployment, await logs().catch(() => ''))
        await remove()
        onGone()
      })()
      return gone
    },
  }
}

/** Keeps the log of what is about to be removed, for whoever collects the run's logs. */
export async function keepLog(
  dir: string,
  { namespace, name }: { namespace: string; name: string },
  text: string,
): Promise<void> {
  const log = await openLog(dir, namespace, name)
  await log.close()
  await writeFile(log.path, text)
}

async function getThroughServer(
  client: KubeClient,
  { namespace, pod }: { namespace: string; pod: string },
  port: number | undefined,
  path: string,
  { timeoutMs = 5000, tls = false }: GetOptions,
): Promise<Reply> {
  if (port === undefined) throw new Error(`${pod} has no such port`)
  const way = `/api/v1/namespaces/${namespace}/pods/${tls ? 'https' : 'http'}:${pod}:${port}/proxy`
  const reply = await client.get(`${way}${path}`, timeoutMs).catch((cause) => {
    const { name, code, message } = cause as NodeJS.ErrnoException
    if (name !== 'TimeoutError' && code !== 'ECONNREFUSED') throw cause
    throw new ClusterError('CLUSTER_UNREACHABLE', message, { cause })
  })
  const refused = refusalOf(reply)
  // The API server answers 503 for a connection that it did not get and for one that broke; its words tell them apart.
  if (refused && /connection refused|timeout|deadline/i.test(refused))
    throw new ClusterError('CLUSTER_UNREACHABLE', refused)
  if (refused) throw new Error(refused)
  return reply
}

/** The API server answers in the pod's place when it does not reach it, or does not let us. */
function refusalOf({ status, body }: Reply): string | null {
  if (![401, 403, 404, 502, 503, 504].includes(status)) return null
  const refusal = statusObject(body)
  return refusal && (refusal.message ?? body)
}
