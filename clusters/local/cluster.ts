import { type CoreShares, type CpuSplit, coresText, type SeparatesCores, sharedCores } from '../cores.ts'
import { ClusterError } from '../errors.ts'
import { copyLogs, logFolder } from '../logs.ts'
import { nodesFor } from '../placement.ts'
import type { Cluster, ClusterRef, Deployment, Job, Node, Pod } from '../provider.ts'
import type { Addresses } from './address.ts'
import { splitOwnCpus } from './cores.ts'
import { runJobProcesses } from './job.ts'
import { podVariable, runLabel, runVariable } from './label.ts'
import { localNode } from './node.ts'
import { startPodProcess } from './pod.ts'

/** A cluster whose pods are child processes. */
export class LocalCluster implements Cluster, SeparatesCores {
  readonly ref: ClusterRef
  readonly #addresses: Addresses
  readonly #pods = new Set<Pod>()
  /** What programs that are started now are kept to; as many times as it was asked for. */
  readonly #splits: CpuSplit[] = []
  #disposed = false

  constructor(ref: ClusterRef, addresses: Addresses) {
    this.ref = ref
    this.#addresses = addresses
  }

  async deploy(deployment: Deployment): Promise<Pod> {
    this.#refuseWhenDisposed(deployment.name)
    if (deployment.placement) nodesFor(deployment.placement, [localNode()], deployment)
    try {
      return await this.#start(deployment)
    } catch (cause) {
      if (cause instanceof ClusterError) throw cause
      const reason = cause instanceof Error ? cause.message : String(cause)
      const { name, namespace } = deployment
      throw new ClusterError('CLUSTER_DEPLOY_FAILED', `${name} in ${namespace} could not be started: ${reason}`, {
        cause,
      })
    }
  }

  async run(job: Job): Promise<void> {
    this.#refuseWhenDisposed(job.name)
    if (job.placement) nodesFor(job.placement, [localNode()], job)
    await runJobProcesses(job, this.#label(job), logFolder(this.ref.workDir), this.#splits[0]?.load ?? null)
  }

  /** Of programs that are started from now on: jobs are the load, pods what it measures. */
  async separateCores(): Promise<CoreShares> {
    const split = await splitOwnCpus()
    if (typeof split === 'string') return sharedCores(split)
    this.#splits.push(split)
    return {
      words: `the load has ${coresText(split.load)}, what it measures ${coresText(split.measured)}`,
      [Symbol.asyncDispose]: async () => {
        this.#splits.splice(this.#splits.indexOf(split), 1)
      },
    }
  }

  pods(namespace?: string): Pod[] {
    return [...this.#pods].filter((pod) => namespace === undefined || pod.namespace === namespace)
  }

  async nodes(): Promise<Node[]> {
    return [localNode()]
  }

  /** Copies the logs of all pods and jobs of the run, also of those that are gone. */
  collectLogs(dir: string): Promise<string[]> {
    return copyLogs(this.ref.workDir, dir)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true
    await Promise.all([...this.#pods].map((pod) => pod[Symbol.asyncDispose]()))
  }

  async #start(deployment: Deployment): Promise<Pod> {
    const { beside, ports } = deployment
    const at = beside ? await this.#addresses.beside(beside.host, ports) : await this.#addresses.claim(ports)
    const release = async () => {
      if (!beside) await this.#addresses.release(at.host)
    }
    try {
      const cpus = this.#splits[0]?.measured ?? null
      const label = this.#label(deployment)
      const pod = await startPodProcess(deployment, at, label, logFolder(this.ref.workDir), cpus, async () => {
        this.#pods.delete(pod)
        await release()
      })
      this.#pods.add(pod)
      if (!this.#disposed) return pod
      // The cluster went while the pod was starting: nobody else would end it.
      await pod[Symbol.asyncDispose]()
    } catch (error) {
      await release()
      throw error
    }
    return this.#refuse(deployment.name)
  }

  #label({ namespace, name }: Pick<Deployment, 'namespace' | 'name'>): Record<string, string> {
    return { [runVariable]: runLabel(this.ref), [podVariable]: `${namespace}/${name}` }
  }

  #refuseWhenDisposed(name: string): void {
    if (this.#disposed) this.#refuse(name)
  }

  #refuse(name: string): never {
    throw new ClusterError('CLUSTER_DEPLOY_FAILED', `${name} was not started: the cluster has been removed`)
  }
}
