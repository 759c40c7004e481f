import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { text } from 'node:stream/consumers'
import type {
  AppsV1Api,
  BatchV1Api,
  CoreV1Api,
  DiscoveryV1Api,
  KubeConfig,
  KubernetesObjectApi,
} from '@kubernetes/client-node'
import { ClusterError } from '../errors.ts'
import type { ClusterRef, Reply } from '../provider.ts'
import { explainCredentials } from './credentials.ts'
import { apiErrorText, statusOf } from './failure.ts'
import { readKubeconfig } from './kubeconfig.ts'

/** A connection to one API server: the typed calls, and plain requests for what has no typed call. */
export interface KubeClient {
  config: KubeConfig
  core: CoreV1Api
  apps: AppsV1Api
  batch: BatchV1Api
  discovery: DiscoveryV1Api
  objects: KubernetesObjectApi
  /** A GET on a path of the API server; any status is an answer. */
  get(path: string, timeoutMs?: number): Promise<Reply>
  /** The same, as a stream that goes on until it ends or `signal` aborts it. */
  open(path: string, signal: AbortSignal): Promise<IncomingMessage>
}

/**
 * A client for a context of a kubeconfig file. Does not talk to the server yet.
 *
 * @throws ClusterError CLUSTER_CONFIG_INVALID when the file or the context is not to be used.
 */
export async function connect(kubeconfig: string, context?: string): Promise<KubeClient> {
  return clientOf(await readKubeconfig([kubeconfig], context))
}

/** A client for a cluster that was provisioned. Throws as `connect`. */
export function connectTo({ kube }: Pick<ClusterRef, 'kube'>): Promise<KubeClient> {
  return connect(kube?.kubeconfig ?? '', kube?.context)
}

/**
 * A client for the current context of a loaded configuration. Here as in all of ours, the library is imported where it is used: to load it
 * takes as long as all else that most commands do.
 */
export async function clientOf(config: KubeConfig): Promise<KubeClient> {
  const { AppsV1Api, BatchV1Api, CoreV1Api, DiscoveryV1Api, KubernetesObjectApi } = await import(
    '@kubernetes/client-node'
  )
  reuseConnections(config)
  explainCredentials(config)
  return {
    config,
    core: readable(config.makeApiClient(CoreV1Api)),
    apps: readable(config.makeApiClient(AppsV1Api)),
    batch: readable(config.makeApiClient(BatchV1Api)),
    discovery: readable(config.makeApiClient(DiscoveryV1Api)),
    objects: readable(KubernetesObjectApi.makeApiClient(config)),
    async get(path, timeoutMs = 10_000) {
      const response = await send(config, path, AbortSignal.timeout(timeoutMs))
      return { status: response.statusCode ?? 0, body: await text(response) }
    },
    open: (path, signal) => send(config, path, signal),
  }
}

/**
 * Asks the server for its version.
 *
 * @throws ClusterError CLUSTER_UNAVAILABLE when there are no credentials to be had, or the server cannot be reached or refuses them.
 */
export async function serverVersion({ config }: KubeClient): Promise<string> {
  const where = `${config.getCurrentContext()} (${config.getCurrentCluster()?.server ?? 'no server'})`
  const { VersionApi } = await import('@kubernetes/client-node')
  try {
    return (await config.makeApiClient(VersionApi).getCode()).gitVersion
  } catch (cause) {
    if (cause instanceof ClusterError) throw cause
    const status = statusOf(cause)
    const problem =
      status === 401
        ? `refuses the credentials (401): log in again, or renew the token of user '${config.getCurrentUser()?.name}'`
        : `cannot be reached: ${apiErrorText(cause)}`
    throw new ClusterError('CLUSTER_UNAVAILABLE', `the cluster of context ${where} ${problem}`, { cause })
  }
}

/** The library's errors have the reply with all of its headers for a message: here they have what was asked, and the server's words. */
function readable<T extends object>(api: T): T {
  return new Proxy(api, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name)
      if (typeof member !== 'function') return member
      return async (...args: unknown[]) => {
        try {
          return await member.apply(target, args)
        } catch (error) {
          if (error instanceof Error && statusOf(error) !== null)
            error.message = `${String(name)}: ${apiErrorText(error)}`
          throw error
        }
      }
    },
  })
}

async function send(config: KubeConfig, path: string, signal: AbortSignal): Promise<IncomingMessage> {
  const cluster = config.getCurrentCluster()
  if (!cluster) throw new ClusterError('CLUSTER_CONFIG_INVALID', 'the kubeconfig names no cluster')
  const url = new URL(cluster.server.replace(/\/$/, '') + path)
  const options: RequestOptions = { signal }
  await config.applyToHTTPSOptions(options)
  const request = url.protocol === 'http:' ? httpRequest : httpsRequest
  return new Promise((resolve, reject) => {
    request(url, options, resolve)
      .once('error', (error) => reject(signal.aborted && error.name === 'AbortError' ? signal.reason : error))
      .end()
  })
}

/** The library makes a dispatcher for each call, and with it a connection and a TLS handshake. One for all will do. */
function reuseConnections(config: KubeConfig): void {
  const made = new Map<string, unknown>()
  const open = config as unknown as { createDispatcher(cluster: unknown, options: object): unknown }
  const create = open.createDispatcher.bind(config)
  open.createDispatcher = (cluster, options) => {
    const key = JSON.stringify(options)
    if (!made.has(key)) made.set(key, create(cluster, options))
    return made.get(key)
  }
}
