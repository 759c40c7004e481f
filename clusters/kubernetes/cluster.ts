import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { SeparatesCores } from '../cores.ts'
import { ClusterError } from '../errors.ts'
import { copyLogs, logFolder } from '../logs.ts'
import type { Cluster, ClusterRef, Deployment, Job, Node, Pod } from '../provider.ts'
import type { KubeClient } from './client.ts'
import { eventsOf } from './events.ts'
import { apiErrorText, statusOf } from './failure.ts'
import { runJobPods } from './job.ts'
import type { Labels } from './labels.ts'
import { readLog } from './logs.ts'
import { namespacesOf } from './namespace.ts'
import { admitsPrivileged, type NodePods, type NodeProgram, startNodePods } from './node-pods.ts'
import { listNodes } from './nodes.ts'
import { deployPod } from './pod.ts'
import { RunNamespace } from './run-namespace.ts'
import { tellWaiting } from './waiting.ts'

/** A cluster that has an API server. */
export interface KubeCluster extends Cluster {
  readonly kube: KubeClient
  /** The namespace that deployments of this name go to; made when it is not there yet. */
  namespace(name: string): Promise<string>
  /** As `startNodePods`, in a namespace that admits such pods. Ask the user first: they may do anything there. */
  onNodes(program: NodeProgram): Promise<NodePods>
}

export function isKubernetes(cluster: Cluster): cluster is KubeCluster {
  return 'kube' in cluster
}

/** What a provider can do with the nodes themselves. */
export interface NodeAccess extends Partial<SeparatesCores> {
  /** Writes the logs of the nodes themselves to a folder. */
  exportNodeLogs?(dir: string): Promise<void>
  /** As `Cluster.bringImages`. */
  bringImages?(images: readonly string[]): Promise<void>
}

/** A cluster whose pods are Kubernetes' own. Works in namespaces that it makes, and removes those. */
export class KubernetesCluster implements KubeCluster {
  readonly ref: ClusterRef
  readonly kube: KubeClient
  readonly #namespaces = new Map<string, Promise<RunNamespace>>()
  readonly #pods = new Set<Pod>()
  readonly bringImages?: (images: readonly string[]) => Promise<void>
  readonly separateCores?: SeparatesCores['separateCores']
  readonly #exportNodeLogs: (dir: string) => Promise<void>
  #disposed = false

  constructor(ref: ClusterRef, kube: KubeClient, access: NodeAccess = {}) {
    const { exportNodeLogs = async () => {}, bringImages, separateCores } = access
    this.ref = ref
    this.kube = kube
    if (bringImages) this.bringImages = bringImages
    if (separateCores) this.separateCores = separateCores
    this.#exportNodeLogs = exportNodeLogs
  }

  async deploy(deployment: Deployment): Promise<Pod> {
    const { name, namespace } = deployment
    this.#refuseWhenDisposed(name)
    if (deployment.beside) {
      const why = 'a sidecar is put beside its app by a mesh, not by hand'
      throw new ClusterError('CLUSTER_DEPLOY_FAILED', `${name} in ${namespace} was not started: ${why}`)
    }
    try {
      const runNamespace = await this.#namespaceOf(namespace)
      const pod = await deployPod(runNamespace, deployment, await this.#logs(), () => this.#pods.delete(pod))
      this.#pods.add(pod)
      return pod
    } catch (cause) {
      if (cause instanceof ClusterError) throw cause
      throw new ClusterError(
        'CLUSTER_DEPLOY_FAILED',
        `${name} in ${namespace} could not be started: ${apiErrorText(cause)}`,
        { cause },
      )
    }
  }

  async run(job: Job): Promise<void> {
    this.#refuseWhenDisposed(job.name)
    try {
      await runJobPods(await this.#namespaceOf(job.namespace), job, await this.#logs())
    } catch (cause) {
      if (statusOf(cause) === null) throw cause
      throw new ClusterError(
        'CLUSTER_JOB_FAILED',
        `${job.name} in ${job.namespace} could not be run: ${apiErrorText(cause)}`,
        { cause },
      )
    }
  }

  pods(namespace?: string): Pod[] {
    return [...this.#pods].filter((pod) => namespace === undefined || pod.namespace === namespace)
  }

  nodes(): Promise<Node[]> {
    return listNodes(this.kube)
  }

  async namespace(name: string): Promise<string> {
    return (await this.#namespaceOf(name)).namespace
  }

  async onNodes(program: NodeProgram): Promise<NodePods> {
    this.#refuseWhenDisposed(program.name)
    return startNodePods(await this.#namespaceOf(`${this.ref.runId}-${program.name}`, admitsPrivileged), program)
  }

  tellWaiting(tell: (words: string) => void): Disposable {
    const open = new Set<RunNamespace>()
    const pods = () => {
      for (const one of this.#namespaces.values()) one.then((namespace) => open.add(namespace)).catch(() => {})
      return [...open].flatMap(({ watch }) => watch.pods())
    }
    return tellWaiting(pods, tell)
  }

  /** The logs of every container of the run, those of pods and jobs that are gone, of the nodes, and the run's events. */
  async collectLogs(dir: string): Promise<string[]> {
    await this.#logs()
    const copied = await copyLogs(this.ref.workDir, dir)
    const namespaces = await namespacesOf(this.kube, this.ref.runId)
    const read = namespaces.map(({ metadata }) => this.#collectFrom(metadata?.name ?? '', dir))
    await this.#exportNodeLogs(join(dir, 'nodes'))
    return [...copied, ...(await Promise.all(read)).flat()]
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true
    const namespaces = await Promise.allSettled(this.#namespaces.values())
    const closed = await Promise.allSettled(
      namespaces.flatMap((runNamespace) => (runNamespace.status === 'fulfilled' ? [runNamespace.value.close()] : [])),
    )
    this.#pods.clear()
    const failed = closed.find((one) => one.status === 'rejected')
    if (failed) throw failed.reason
  }

  async #collectFrom(namespace: string, dir: string): Promise<string[]> {
    const files: string[] = []
    const keep = async (name: string, text: string) => {
      await writeFile(join(dir, name), text)
      files.push(join(dir, name))
    }
    await keep(`${namespace}-events.txt`, `${(await eventsOf(this.kube, namespace)).join('\n')}\n`)
    const { items } = await this.kube.core.listNamespacedPod({ namespace })
    for (const { metadata, spec } of items)
      for (const { name: container } of [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])]) {
        const at = { namespace, pod: metadata?.name ?? '', container }
        await keep(`${namespace}-${at.pod}-${container}.log`, await readLog(this.kube, at))
      }
    return files
  }

  #namespaceOf(namespace: string, labels?: Labels): Promise<RunNamespace> {
    const known = this.#namespaces.get(namespace)
    if (known) return known
    const runNamespace = RunNamespace.open(this.kube, this.ref, namespace, labels)
    this.#namespaces.set(namespace, runNamespace)
    runNamespace.catch(() => this.#namespaces.delete(namespace))
    return runNamespace
  }

  async #logs(): Promise<string> {
    const dir = logFolder(this.ref.workDir)
    await mkdir(dir, { recursive: true })
    return dir
  }

  #refuseWhenDisposed(name: string): void {
    if (!this.#disposed) return
    throw new ClusterError('CLUSTER_DEPLOY_FAILED', `${name} was not started: the cluster has been removed`)
  }
}
