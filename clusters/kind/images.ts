import { setTimeout as sleep } from 'node:timers/promises'
import { execa } from 'execa'
import { ClusterError } from '../errors.ts'
import { command, succeeds } from './command.ts'
import type { KindSettings } from './spec.ts'

const ctr = ['ctr', '--namespace=k8s.io', 'images']
const pauseMs = 200
const bringLimitMs = 180_000

/** The containers of all nodes, the control plane first. */
export function allNodes(cluster: string, nodes: KindSettings['nodes']): string[] {
  const workers = nodes.filter(({ role }) => role === 'worker')
  return [`${cluster}-control-plane`, ...workers.map((_, i) => `${cluster}-worker${i === 0 ? '' : i + 1}`)]
}

/** The same of a cluster that is there already. */
export async function allNodesOf(cluster: string): Promise<string[]> {
  const names = (await command('kind', ['get', 'nodes', '--name', cluster])).split('\n')
  return names.filter((name) => name !== '' && !name.endsWith('-external-load-balancer'))
}

/** Those of them that pods are scheduled on: kind closes the control plane when there are workers. */
export function podNodes(nodes: readonly string[]): readonly string[] {
  const workers = nodes.filter((name) => !/-control-plane\d*$/.test(name))
  return workers.length > 0 ? workers : nodes
}

/**
 * Brings images of this machine to nodes, each as soon as its containerd is up: the cluster may still be in the making.
 * One that is not on this machine is left for the nodes to pull, one that a node has already is not brought again.
 *
 * @throws ClusterError CLUSTER_UNAVAILABLE when an image cannot be brought; the signal's reason when it is aborted.
 */
export async function bringImages(
  nodes: readonly string[],
  images: readonly string[],
  report: (progress: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const here = await Promise.all(images.map((image) => succeeds('docker', ['image', 'inspect', image])))
  const known = await Promise.all(nodes.map((node) => untilListed(node, signal)))
  const lacking = (image: string) => nodes.filter((_, i) => !known[i]?.includes(fullName(image)))
  for (const { images: some, to } of together(images.filter((_, i) => here[i]).map((one) => [one, lacking(one)]))) {
    report(`bringing ${some.join(', ')} to ${to.length} ${to.length === 1 ? 'node' : 'nodes'}`)
    await copy(some, to, signal)
  }
}

/** Images that go to the same nodes go at once: a layer that several of them have is then sent once. What lacks nowhere is left out. */
export function together(
  lacking: readonly (readonly [image: string, nodes: readonly string[]])[],
): { images: string[]; to: readonly string[] }[] {
  const groups = new Map<string, { images: string[]; to: readonly string[] }>()
  for (const [image, to] of lacking) {
    if (to.length === 0) continue
    const group = groups.get(to.join()) ?? { images: [], to }
    groups.set(to.join(), group)
    if (!group.images.includes(image)) group.images.push(image)
  }
  return [...groups.values()]
}

/** The same to the nodes of a cluster that is there. */
export async function bringToCluster(cluster: string, images: readonly string[]): Promise<void> {
  await bringImages(podNodes(await allNodesOf(cluster)), images, () => {}, AbortSignal.timeout(bringLimitMs))
}

/** The name that containerd knows an image by. */
export function fullName(image: string): string {
  const [first = '', ...rest] = image.split('/')
  const hasHost = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost')
  const path = hasHost ? image : rest.length > 0 ? `docker.io/${image}` : `docker.io/library/${image}`
  return /[:@][^/]*$/.test(path) ? path : `${path}:latest`
}

async function untilListed(node: string, signal: AbortSignal): Promise<string[]> {
  for (;;) {
    signal.throwIfAborted()
    const listed = await execa('docker', ['exec', node, ...ctr, 'ls', '--quiet'], { reject: false, timeout: 10_000 })
    if (!listed.failed) return listed.stdout.split('\n')
    await sleep(pauseMs, undefined, { signal })
  }
}

async function copy(images: readonly string[], nodes: readonly string[], signal: AbortSignal): Promise<void> {
  const saving = execa('docker', ['save', ...images], {
    encoding: 'buffer',
    buffer: false,
    cancelSignal: signal,
    reject: false,
  })
  const importing = nodes.map((node) =>
    saving.pipe('docker', ['exec', '--interactive', node, ...ctr, 'import', '--snapshotter=overlayfs', '-'], {
      reject: false,
      all: true,
    }),
  )
  const results = await Promise.all([saving, ...importing])
  signal.throwIfAborted()
  const failed = results.find((one) => one.failed)
  if (!failed) return
  throw new ClusterError(
    'CLUSTER_UNAVAILABLE',
    `${images.join(', ')} could not be brought to ${nodes.join(', ')}: ${failed.shortMessage}\n${String(failed.all ?? '').slice(-1000)}`,
  )
}
