import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import { z } from 'zod'
import { ClusterError } from '../errors.ts'
import { command, succeeds } from '../kind/command.ts'
import { dockerAvailability, imageAvailability } from '../kind/engine.ts'
import { defaultWorkloadImage } from '../kind/spec.ts'
import { connect, connectTo } from '../kubernetes/client.ts'
import { KubernetesCluster } from '../kubernetes/cluster.ts'
import { isOrphan, labelKeys, labelValue, runLabels } from '../kubernetes/labels.ts'
import { untilClusterReady } from '../kubernetes/readiness.ts'
import { ownerOf } from '../local/label.ts'
import type { ClusterProvider, ClusterRef } from '../provider.ts'
import { fields, parseSettings } from '../settings.ts'

const defaultK3sImage = 'rancher/k3s:v1.34.2-k3s1'
const readyTimeoutMs = 120_000
const context = 'default'

const k3sSettings = fields({
  image: z.string({ error: 'an image' }).min(1, 'an image').default(defaultK3sImage),
  workloadImage: z.string({ error: 'an image' }).min(1, 'an image').default(defaultWorkloadImage),
  /** The image that load tools run in. Absent: none do. */
  toolImage: z.string({ error: 'an image' }).min(1, 'an image').optional(),
})

/** One node in one container: less of a cluster than kind's, and sooner there. */
export const k3s: ClusterProvider = {
  traits: { provider: 'k3s', pods: 'kubernetes', takesLocalImages: false, choosesPodNetwork: false },

  async available() {
    const docker = await dockerAvailability()
    if (!docker.available) return docker
    return imageAvailability(defaultK3sImage, `${docker.detail}, ${defaultK3sImage}`, {
      reason: `the image ${defaultK3sImage} is not here, and cannot be pulled`,
      remedy: `docker pull ${defaultK3sImage} where there is a registry, or use --cluster kind`,
    })
  },

  async provision(spec, report = () => {}) {
    const settings = parseSettings(k3sSettings, spec.settings, 'k3s')
    const kubeconfig = join(spec.workDir, 'kubeconfig')
    const { workloadImage: image, toolImage } = settings
    const kube = { kubeconfig, context, image, ...(toolImage ? { toolImage } : {}), cluster: 'k3s' }
    const ref: ClusterRef = { ...spec, ...k3s.traits, owner: ownerOf(process.pid), kube }
    await mkdir(spec.workDir, { recursive: true })
    try {
      report(`starting ${settings.image}`)
      const { id, config } = await start(settings.image, ref)
      await writeFile(kubeconfig, config, { mode: 0o600 })
      report('waiting until the node is ready')
      await Promise.all([
        ...[image, ...(toolImage ? [toolImage] : [])].map((one) => bring(one, id, report)),
        untilClusterReady(await connect(kubeconfig, context), readyTimeoutMs),
      ])
      return ref
    } catch (error) {
      await remove(ref.runId)
      throw error
    }
  },

  async connect(ref) {
    return new KubernetesCluster(ref, await connectTo(ref))
  },

  destroy: ({ runId }) => remove(runId),

  async orphans() {
    const dead = (await containers(`label=${labelKeys.owner}`)).filter(({ labels }) => isOrphan(labels))
    return dead.map(({ id, labels }) => ({
      runId: labels[labelKeys.run] ?? '',
      description: `k3s container ${id}, whose process is gone`,
      reap: () => removeContainers([id]),
    }))
  },
}

async function start(image: string, ref: ClusterRef): Promise<{ id: string; config: string }> {
  // Its own reaper would need an image of its own; we have one.
  process.env.TESTCONTAINERS_RYUK_DISABLED ??= 'true'
  const { K3sContainer } = await import('@testcontainers/k3s')
  try {
    const container = await new K3sContainer(image).withLabels(runLabels(ref)).start()
    return { id: container.getId(), config: container.getKubeConfig() }
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new ClusterError('CLUSTER_UNAVAILABLE', `${image} could not be started: ${reason}`, { cause })
  }
}

/** Brings an image from the engine to the node. One that is not here is for the node to pull. */
async function bring(image: string, container: string, report: (progress: string) => void): Promise<void> {
  if (!(await succeeds('docker', ['image', 'inspect', image]))) return
  report(`bringing ${image} to the node`)
  const importing = ['exec', '-i', container, 'ctr', '--namespace', 'k8s.io', 'images', 'import', '-']
  await execa('docker', ['save', image]).pipe('docker', importing)
}

async function remove(runId: string): Promise<void> {
  const found = await containers(`label=${labelKeys.run}=${labelValue(runId)}`)
  await removeContainers(found.map(({ id }) => id))
}

async function removeContainers(ids: string[]): Promise<void> {
  if (ids.length > 0) await command('docker', ['rm', '--force', '--volumes', ...ids])
}

async function containers(filter: string): Promise<{ id: string; labels: Record<string, string> }[]> {
  const args = ['ps', '--all', '--no-trunc', '--filter', filter, '--format', '{{json .}}']
  const output = await command('docker', args, { timeoutMs: 10_000 }).catch(() => '')
  return output
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const { ID, Labels } = JSON.parse(line) as { ID: string; Labels: string }
      const pairs = Labels.split(',').map((pair) => pair.split(/=(.*)/s).slice(0, 2) as [string, string])
      return { id: ID, labels: Object.fromEntries(pairs) }
    })
}
