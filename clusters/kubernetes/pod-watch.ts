import type { Informer, ObjectCache, V1Pod } from '@kubernetes/client-node'
import type { KubeClient } from './client.ts'
import { statusOf } from './failure.ts'

const restartDelayMs = 500

/** Pods of a namespace, or of all, kept up to date by one watch for all who wait for them. */
export interface PodWatch {
  pods(): readonly V1Pod[]
  /**
   * Calls `check` now and after every change, and returns its first result that is not null; null when time is up. Throws
   * what `check` throws, and the error with which the server refuses the watch.
   */
  until<T>(check: (pods: readonly V1Pod[]) => T | null, timeoutMs: number, signal?: AbortSignal): Promise<T | null>
  stop(): void
}

/** Begins to watch the pods that carry some labels; the watch is begun again when it breaks. */
export async function watchPods(client: KubeClient, namespace: string, labelSelector: string): Promise<PodWatch> {
  const { makeInformer } = await import('@kubernetes/client-node')
  return watchThrough(
    makeInformer(
      client.config,
      `/api/v1/namespaces/${namespace}/pods`,
      () => client.core.listNamespacedPod({ namespace, labelSelector }),
      labelSelector,
    ),
  )
}

/** The same, of all pods that there are. */
export async function watchAllPods(client: KubeClient): Promise<PodWatch> {
  const { makeInformer } = await import('@kubernetes/client-node')
  return watchThrough(makeInformer(client.config, '/api/v1/pods', () => client.core.listPodForAllNamespaces()))
}

async function watchThrough(informer: Informer<V1Pod> & ObjectCache<V1Pod>): Promise<PodWatch> {
  const listeners = new Set<() => void>()
  let failure: { error: unknown } | undefined
  let stopped = false
  const notify = () => {
    for (const listener of listeners) listener()
  }
  informer.on('change', notify)
  informer.on('error', (error: unknown) => {
    if (stopped) return
    const status = statusOf(error)
    // What is refused or gone will be so again; anything else is a broken connection.
    if (status === 401 || status === 403 || status === 404) {
      failure = { error }
      notify()
    } else setTimeout(() => !stopped && informer.start().catch(() => {}), restartDelayMs).unref()
  })
  await informer.start()
  return {
    pods: () => informer.list(),
    until(check, timeoutMs, signal) {
      return new Promise((resolve, reject) => {
        const end = (settle: () => void) => {
          clearTimeout(timer)
          listeners.delete(look)
          signal?.removeEventListener('abort', onAbort)
          settle()
        }
        const look = () => {
          try {
            if (failure) throw failure.error
            const result = check(informer.list())
            if (result !== null) end(() => resolve(result))
          } catch (error) {
            end(() => reject(error))
          }
        }
        const onAbort = () => end(() => reject(signal?.reason))
        const timer = setTimeout(() => end(() => resolve(null)), timeoutMs)
        signal?.addEventListener('abort', onAbort)
        listeners.add(look)
        if (signal?.aborted) onAbort()
        else look()
      })
    },
    stop() {
      stopped = true
      informer.stop().catch(() => {})
    },
  }
}
