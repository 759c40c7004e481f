import { mkdir } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { z } from 'zod'
import { ClusterError } from '../errors.ts'
import { defaultWorkloadImage } from '../kind/spec.ts'
import { clientOf, connectTo, serverVersion } from '../kubernetes/client.ts'
import { KubernetesCluster } from '../kubernetes/cluster.ts'
import { writeKubeconfig } from '../kubernetes/kubeconfig.ts'
import { refuseOtherRuns } from '../kubernetes/other-runs.ts'
import { checkPermissions, words } from '../kubernetes/permissions.ts'
import { markedOrphans, markRun, removeRun } from '../kubernetes/run-marker.ts'
import { kubeconfigFiles, loadKubeconfig, neededKubeconfigFiles } from '../kubernetes/users-kubeconfig.ts'
import { ownerOf } from '../local/label.ts'
import type { ClusterProvider, ClusterRef } from '../provider.ts'
import { fields, parseSettings } from '../settings.ts'

const settingsSchema = fields({
  /** Absent: $KUBECONFIG, then ~/.kube/config, then the pod's own account. */
  kubeconfig: z.string({ error: 'a file' }).min(1, 'a file').optional(),
  /** Absent: the file's current one. */
  context: z.string({ error: 'the name of a context' }).min(1, 'the name of a context').optional(),
  workloadImage: z.string().min(1).default(defaultWorkloadImage),
  /** The image that load tools run in. Absent: none do. */
  toolImage: z.string({ error: 'an image' }).min(1, 'an image').optional(),
})

/** Any cluster that a kubeconfig leads to. It is left as it was: what a run makes there is in namespaces of its own. */
export const kubeconfig: ClusterProvider = {
  traits: { provider: 'kubeconfig', pods: 'kubernetes', takesLocalImages: false, choosesPodNetwork: false },

  async available() {
    const files = kubeconfigFiles(undefined)
    if (files.length === 0) {
      return {
        available: false,
        reason: 'no kubeconfig: $KUBECONFIG is not set, there is no ~/.kube/config, and this is no pod',
        remedy: 'name one: --cluster kubeconfig with KUBECONFIG=FILE',
      }
    }
    try {
      const config = await loadKubeconfig(files, undefined)
      const detail = `context ${config.getCurrentContext()}, ${config.getCurrentCluster()?.server}`
      return { available: true, detail: `${detail}, Kubernetes ${await serverVersion(await clientOf(config))}` }
    } catch (error) {
      if (!(error instanceof ClusterError)) throw error
      return { available: false, reason: error.message, remedy: 'look: kubectl config get-contexts; kubectl version' }
    }
  },

  async provision(spec, report = () => {}) {
    const settings = parseSettings(settingsSchema, spec.settings, 'kubeconfig')
    const files = neededKubeconfigFiles(settings.kubeconfig)
    const config = await loadKubeconfig(files, settings.context)
    const client = await clientOf(config)
    report(`asking ${config.getCurrentContext()} what we may do there`)
    await serverVersion(client)
    for (const one of await checkPermissions(client)) {
      report(`not allowed, so not known: ${one.purpose} (${words(one)})`)
    }
    const owner = ownerOf(process.pid)
    await refuseOtherRuns(client, { ...spec, owner })
    await mkdir(spec.workDir, { recursive: true })
    const file = join(spec.workDir, 'kubeconfig')
    await writeKubeconfig(config, file)
    const context = config.getCurrentContext()
    const { workloadImage: image, toolImage } = settings
    const kube = { kubeconfig: file, context, image, ...(toolImage ? { toolImage } : {}), cluster: context }
    const ref: ClusterRef = { ...spec, ...kubeconfig.traits, owner, kube }
    await markRun(ref, { kubeconfig: files.join(delimiter), context })
    return ref
  },

  async connect(ref) {
    return new KubernetesCluster(ref, await connectTo(ref))
  },

  async destroy(ref) {
    await removeRun(await connectTo(ref), ref.runId)
  },

  orphans: () =>
    markedOrphans(
      'kubeconfig',
      async ({ way: { kubeconfig = '', context } }) =>
        await clientOf(await loadKubeconfig(kubeconfig.split(delimiter), context)),
    ),
}
