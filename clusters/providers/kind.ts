import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ClusterError, hasCode } from '../errors.ts'
import { command } from '../kind/command.ts'
import { giveBackCores, separateNodes } from '../kind/cores.ts'
import { kindAvailability, kindClusters } from '../kind/engine.ts'
import { allNodes, allNodesOf, bringImages, bringToCluster, podNodes } from '../kind/images.ts'
import { clusterName, keptName, machineMark, readName } from '../kind/name.ts'
import { defaultNodeImage, type KindSettings, kindSettings, renderConfig } from '../kind/spec.ts'
import { connect, connectTo, type KubeClient } from '../kubernetes/client.ts'
import { KubernetesCluster } from '../kubernetes/cluster.ts'
import { refuseOtherRuns } from '../kubernetes/other-runs.ts'
import { untilClusterReady } from '../kubernetes/readiness.ts'
import { markedOrphans, markedRuns, markRun, type RunMarker, removeRun, unmarkRun } from '../kubernetes/run-marker.ts'
import { isAlive, ownerOf, runLabel, runVariable } from '../local/label.ts'
import type { ClusterProvider, ClusterRef } from '../provider.ts'
import { parseSettings } from '../settings.ts'

const createLimitMs = 600_000
const removeAgainMs = 5000
/** Of the engine's clock, which may be another machine's. */
const clockSlackMs = 5000

/** Clusters of containers of this machine. */
export const kind: ClusterProvider = {
  traits: { provider: 'kind', pods: 'kubernetes', takesLocalImages: true, choosesPodNetwork: true },

  available: () => kindAvailability(defaultNodeImage),

  async provision(spec, report = () => {}) {
    const settings = parseSettings(kindSettings, spec.settings, 'kind')
    const owner = ownerOf(process.pid)
    const name = nameFor(settings, { ...spec, owner })
    const kubeconfig = join(spec.workDir, 'kubeconfig')
    const { workloadImage: image, toolImage, podSubnet } = settings
    const kube = {
      kubeconfig,
      context: `kind-${name}`,
      image,
      toolImage,
      cluster: name,
      podSubnet,
      kept: isKept(settings),
    }
    const ref: ClusterRef = { ...spec, ...kind.traits, owner, kube }
    await mkdir(spec.workDir, { recursive: true })
    const there = settings.reuse !== undefined && (await kindClusters()).includes(name)
    try {
      if (isKept(settings)) await claim(ref, !there)
      if (there) await takeOver(name, kubeconfig, report)
      await makeReadyWithRetry(name, settings, ref, !there, report)
      if (there) await refuseOtherRuns(await connectTo(ref), ref)
      if (isKept(settings)) await finish(ref)
      return ref
    } catch (error) {
      // A cluster of that name that somebody else has made is not ours to remove.
      const ours = !there && !hasCode(error, 'CLUSTER_EXISTS') && !hasCode(error, 'CLUSTER_BUSY')
      if (ours && spec.logDir) await exportLogs(name, join(spec.logDir, 'nodes')).catch(() => {})
      const settled = ours ? remove(name, kubeconfig) : Promise.resolve()
      await settled.then(() => unmarkRun(spec.runId)).catch(() => {})
      unfinished.delete(spec.runId)
      throw error
    }
  },

  async connect(ref) {
    const client = await connectTo(ref)
    const name = ref.kube?.cluster ?? ''
    let bringing: Promise<unknown> = Promise.resolve()
    return new KubernetesCluster(ref, client, {
      exportNodeLogs: (dir) => exportLogs(name, dir),
      // One after the other: what two experiments need at once is brought once.
      bringImages(images) {
        const brought = bringing.then(() => bringToCluster(name, images))
        bringing = brought.catch(() => {})
        return brought
      },
      separateCores: (server, client) => separateNodes(name, server, client),
    })
  },

  async destroy(ref) {
    const settings = parseSettings(kindSettings, ref.settings, 'kind')
    if (isKept(settings)) await removeRun(await connectTo(ref), ref.runId)
    else await remove(ref.kube?.cluster ?? '', ref.kube?.kubeconfig)
  },

  abandon(spec) {
    const settings = kindSettings.safeParse(spec.settings ?? {})
    if (!settings.success || (isKept(settings.data) && !unfinished.has(spec.runId))) return
    const name = nameFor(settings.data, { ...spec, owner: ownerOf(process.pid) })
    const args = ['delete', 'cluster', '--name', name, '--kubeconfig', join(tmpdir(), `${name}.kubeconfig`)]
    // Removing takes seconds, and a process that a signal ends does not have them.
    spawn('kind', args, { detached: true, stdio: 'ignore' })
      .on('error', () => {})
      .unref()
  },

  async orphans() {
    const dead = (await kindClusters()).flatMap((name) => {
      const named = readName(name)
      const ours = named !== null && named.machine === machineMark()
      return ours && !isAlive(named.owner) ? [{ name, ...named }] : []
    })
    const clusters = dead.map(({ name, runId, owner }) => ({
      runId,
      description: `kind cluster ${name}, whose process ${owner.pid} is gone`,
      reap: () => remove(name),
    }))
    return [...clusters, ...(await markedOrphans('kind', reopen))]
  },
}

/** Runs of this process that are making a cluster which is to stay. */
const unfinished = new Set<string>()

/** Writes down that a run is at work in a cluster that stays, or makes it. Throws ClusterError CLUSTER_BUSY where another one makes it. */
async function claim(ref: ClusterRef, making: boolean): Promise<void> {
  const cluster = ref.kube?.cluster ?? ''
  await markRun(ref, { cluster }, { making })
  if (making) unfinished.add(ref.runId)
  // Of two that begin at once, at least one sees the other.
  const other = (await markedRuns('kind')).find(
    ({ runId, way, makingSince }) => runId !== ref.runId && way.cluster === cluster && makingSince !== undefined,
  )
  if (!other) return
  const state = isAlive(other.owner)
    ? `is just being made by process ${other.owner.pid}, run ${other.runId}; wait until it is there`
    : `was not finished by run ${other.runId}, which has died; remove it: meshmark clean`
  throw new ClusterError('CLUSTER_BUSY', `the kind cluster ${cluster} ${state}`)
}

/** From now on the cluster counts as there. */
async function finish(ref: ClusterRef): Promise<void> {
  await markRun(ref, { cluster: ref.kube?.cluster ?? '' })
  unfinished.delete(ref.runId)
}

/** The cluster in which a run has died, its nodes with all cores; null when it is gone, or was not finished: it is removed then. */
async function reopen({ way: { cluster = '' }, makingSince }: RunMarker): Promise<KubeClient | null> {
  if (!(await kindClusters()).includes(cluster)) return null
  if (makingSince !== undefined) {
    if (await isMadeAt(cluster, makingSince)) await remove(cluster)
    return null
  }
  const scratch = await mkdtemp(join(tmpdir(), 'meshmark-kind-'))
  try {
    const file = join(scratch, 'kubeconfig')
    await takeOver(cluster, file, () => {})
    await giveBackCores(cluster)
    return await connect(file)
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

/** Whether a cluster was begun then, or is one of the same name that somebody has made since. */
async function isMadeAt(cluster: string, unixMs: number): Promise<boolean> {
  const created = await command('docker', ['inspect', '--format', '{{.Created}}', ...(await allNodesOf(cluster))])
  const first = Math.min(...created.split('\n').map((time) => Date.parse(time)))
  return first > unixMs - clockSlackMs && first < unixMs + createLimitMs
}

/** Writes the logs of every node and of the engine to `dir`: as much as can be had, and what could not. */
async function exportLogs(name: string, dir: string): Promise<void> {
  await mkdir(dir, { recursive: true })
  await command('kind', ['export', 'logs', dir, '--name', name], { timeoutMs: 60_000 }).catch((error: Error) =>
    writeFile(join(dir, 'incomplete.txt'), `${error.message}\n`),
  )
}

function isKept({ keep, reuse }: KindSettings): boolean {
  return keep || reuse !== undefined
}

function nameFor({ reuse, keep }: KindSettings, ref: Pick<ClusterRef, 'runId' | 'owner'>): string {
  return reuse ?? (keep ? keptName(ref.runId) : clusterName(ref))
}

async function takeOver(name: string, kubeconfig: string, report: (progress: string) => void): Promise<void> {
  report(`using the kind cluster ${name} that is there`)
  await writeFile(kubeconfig, await command('kind', ['get', 'kubeconfig', '--name', name]), { mode: 0o600 })
}

async function create(
  name: string,
  settings: KindSettings,
  ref: ClusterRef,
  report: (progress: string) => void,
): Promise<void> {
  const config = join(ref.workDir, `${name}.yaml`)
  await writeFile(config, renderConfig(settings))
  const kubeconfig = ref.kube?.kubeconfig ?? ''
  // Retained: the nodes of a failed cluster are asked for their logs before they are removed.
  const args = ['create', 'cluster', '--name', name, '--config', config, '--kubeconfig', kubeconfig, '--retain']
  report(`making the kind cluster ${name}: ${settings.nodes.length} nodes of ${settings.image}`)
  await command('kind', args, {
    timeoutMs: createLimitMs,
    // A run that dies while kind is at work must not leave it at work.
    env: { [runVariable]: runLabel(ref) },
    onLine: (line) => {
      const [, step] = /^\s*•\s+(.*?)[\s.]*$/u.exec(line) ?? []
      if (step) report(step.replaceAll(/\p{Extended_Pictographic}|\uFE0F/gu, '').trim())
    },
  })
}

/** As `makeReady`, and once more for a new cluster of which a node did not come up. */
async function makeReadyWithRetry(
  ...[name, settings, ref, isNew, report]: Parameters<typeof makeReady>
): Promise<void> {
  try {
    await makeReady(name, settings, ref, isNew, report)
  } catch (error) {
    // kind gives a node 30 s to come up; a busy machine may be less so the next time.
    if (!isNew || !hasCode(error, 'CLUSTER_NODE_NOT_UP')) throw error
    await remove(name, ref.kube?.kubeconfig)
    report(`once more: ${(error as Error).message.split('\n')[0]}`)
    if (isKept(settings)) await claim(ref, true)
    await makeReady(name, settings, ref, isNew, report)
  }
}

/** Makes the cluster if need be, and waits until it is ready; meanwhile, images come to its nodes. */
async function makeReady(
  name: string,
  settings: KindSettings,
  ref: ClusterRef,
  isNew: boolean,
  report: (progress: string) => void,
): Promise<void> {
  const { workloadImage, loadImages, daemonImages, disableDefaultCNI, readyTimeoutMs } = settings
  const { kubeconfig = '', context } = ref.kube ?? {}
  const ready = async () => {
    if (isNew) await create(name, settings, ref, report)
    const client = await connect(kubeconfig, context)
    if (disableDefaultCNI) return
    report('waiting until every node is ready')
    await untilClusterReady(client, readyTimeoutMs)
  }
  const failed = new AbortController()
  const nodes = isNew ? allNodes(name, settings.nodes) : await allNodesOf(name)
  const bring = (to: readonly string[], images: string[]) => bringImages(to, images, report, failed.signal)
  // One after the other: what is in both lists is there by then.
  const images = bring(nodes, daemonImages).then(() =>
    bring(podNodes(nodes), [workloadImage, ...loadImages, ...(ref.images ?? [])]),
  )
  // Looked at when the cluster is ready, and not left alone until then.
  images.catch(() => {})
  await ready().catch((error) => {
    failed.abort(error)
    throw error
  })
  const late = new ClusterError('CLUSTER_UNAVAILABLE', `${name} is ready, but its images did not come to the nodes`)
  const timer = setTimeout(() => failed.abort(late), readyTimeoutMs)
  await images.finally(() => clearTimeout(timer))
}

/** Deletes a cluster, its containers one by one where there is no kind. The user's own kubeconfig is not touched. */
async function remove(name: string, kubeconfig?: string): Promise<void> {
  const scratch = await mkdtemp(join(tmpdir(), 'meshmark-kind-'))
  try {
    const args = ['delete', 'cluster', '--name', name, '--kubeconfig', kubeconfig ?? join(scratch, 'kubeconfig')]
    const tryOnce = () => command('kind', args, { timeoutMs: 120_000 })
    // On a busy machine the engine gives up waiting for the end of a container that it has killed; it has ended soon after.
    await tryOnce().catch(async () => {
      await sleep(removeAgainMs)
      await tryOnce()
    })
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}
