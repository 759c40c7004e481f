import { randomBytes } from 'node:crypto'
import type { V1Pod } from '@kubernetes/client-node'
import { nodesFor } from '../placement.ts'
import type { ClusterRef, Node, Placement, Program } from '../provider.ts'
import { apply } from './apply.ts'
import type { KubeClient } from './client.ts'
import { statusOf } from './failure.ts'
import { dnsName, type Labels, labelKeys, runLabels, runSelector } from './labels.ts'
import { programConfigMap, type StagedImage, type StagedProgram } from './manifests.ts'
import { createNamespace, deleteNamespace } from './namespace.ts'
import { listNodes } from './nodes.ts'
import { refuseOtherRuns } from './other-runs.ts'
import { type PodWatch, watchPods } from './pod-watch.ts'
import { packProgram } from './program.ts'

/** A namespace of a run, and what deployments and jobs in it share. */
export class RunNamespace {
  readonly client: KubeClient
  readonly ref: ClusterRef
  readonly namespace: string
  readonly watch: PodWatch
  readonly #made: boolean
  readonly #names = new Set<string>()
  readonly #programs = new Map<string, Promise<unknown>>()

  private constructor(client: KubeClient, ref: ClusterRef, namespace: string, watch: PodWatch, made: boolean) {
    this.client = client
    this.ref = ref
    this.namespace = namespace
    this.watch = watch
    this.#made = made
  }

  /**
   * Makes the namespace, with `labels` besides those of the run, unless the run has it already, and begins to watch its pods.
   *
   * @throws ClusterError CLUSTER_BUSY when another run is at work in the cluster, CLUSTER_DEPLOY_FAILED when the namespace is not to be had.
   */
  static async open(client: KubeClient, ref: ClusterRef, name: string, labels: Labels = {}): Promise<RunNamespace> {
    const namespace = dnsName(name)
    const made = await createNamespace(client, namespace, { ...labels, ...runLabels(ref) })
    try {
      if (made) await refuseOtherRuns(client, ref, made)
      const watch = await watchPods(client, namespace, runSelector(ref.runId))
      return new RunNamespace(client, ref, namespace, watch, made !== null)
    } catch (error) {
      if (made) await deleteNamespace(client, namespace).catch(() => {})
      throw error
    }
  }

  /** The pods of one deployment or job. */
  podsOf(part: string): V1Pod[] {
    return this.watch.pods().filter((pod) => pod.metadata?.labels?.[labelKeys.part] === part)
  }

  /** A name for the objects of a deployment that no other in this namespace has. */
  nameFor(wanted: string): string {
    // A service's name begins with a letter, and the names of what hangs on it are longer.
    const base = dnsName(/^[a-z]/.test(wanted) ? wanted : `x-${wanted}`, 45)
    for (let copy = 1; ; copy++) {
      const name = copy === 1 ? base : `${base}-${copy}`
      if (this.#names.has(name)) continue
      this.#names.add(name)
      return name
    }
  }

  releaseName(name: string): void {
    this.#names.delete(name)
  }

  /** A name for a job: the next one of that name may start before the last one's pods are gone. */
  jobName(wanted: string): string {
    return `${dnsName(wanted, 40)}-${randomBytes(3).toString('hex')}`
  }

  labelsOf(part: string): Labels {
    return { ...runLabels(this.ref), [labelKeys.part]: part }
  }

  /** A program that its image starts by itself: nothing has to be brought. */
  stageImage(name: string, image: string): StagedImage {
    return { name, namespace: this.namespace, labels: this.labelsOf(name), image }
  }

  /** Brings a program into the namespace; the same one only once. */
  async stage(name: string, program: Program, image = this.ref.kube?.image ?? ''): Promise<StagedProgram> {
    const packed = await packProgram(program, name)
    const programMap = `program-${packed.hash}`
    const staged = { ...this.stageImage(name, image), programMap, program: packed }
    const shared = { ...staged, labels: runLabels(this.ref) }
    const applied = this.#programs.get(programMap) ?? apply(this.client, programConfigMap(programMap, shared))
    this.#programs.set(programMap, applied)
    applied.catch(() => this.#programs.delete(programMap))
    await applied
    return staged
  }

  /**
   * Refuses a placement that no node fits. Where nodes cannot be listed, the scheduler has the last word.
   *
   * @throws ClusterError CLUSTER_CONFIG_INVALID
   */
  async checkPlacement(placement: Placement | undefined, name: string): Promise<void> {
    if (!placement) return
    const nodes = await listNodes(this.client).catch((error): Node[] | null => {
      if (statusOf(error) === 403) return null
      throw error
    })
    if (nodes) nodesFor(placement, nodes, { name, namespace: this.namespace })
  }

  /** Deletes the namespace if it was made here, and waits until it is gone. */
  async close(): Promise<void> {
    this.watch.stop()
    if (this.#made) await deleteNamespace(this.client, this.namespace)
  }
}
