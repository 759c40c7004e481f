import { allowedCpus, type CoreShares, coresText, cpuListOf, readCpuList, sharedCores, splitCpus } from '../cores.ts'
import { command } from './command.ts'
import { allNodesOf, podNodes } from './images.ts'

/** The client's node holds the load and the client's proxies, the server's node as much again. */
const clientShare = 0.5
const attempts = 3

/**
 * Gives the containers of two nodes different CPUs; the control plane keeps all. Nothing is changed, and the reason told, where that
 * cannot be done.
 */
export async function separateNodes(cluster: string, server: string, client: string): Promise<CoreShares> {
  const nodes = await allNodesOf(cluster)
  if (server === client) return sharedCores('they stand on one node')
  if (![server, client].every((node) => podNodes(nodes).includes(node)))
    return sharedCores('the control plane takes pods, and keeps all of them')
  const all = await cpusOf(nodes)
  const given = await cpusetsOf([server, client])
  // By whoever has limited a node, or by an experiment that goes on at the same time.
  if (given.some((cpuset) => cpuset !== '' && cpuset !== cpuListOf(all)))
    return sharedCores('a node has its own already')
  const split = splitCpus(all, clientShare, await siblingsOn(nodes))
  if (!split) return sharedCores('there is one')
  const giveBack = async () => {
    await Promise.all([server, client].map((node) => hold(node, cpuListOf(all))))
  }
  try {
    await Promise.all([hold(server, split.measured), hold(client, split.load)])
  } catch (error) {
    await giveBack().catch(() => {})
    return sharedCores((error as Error).message.split('\n')[0] ?? '')
  }
  return {
    words: `the clients' node has ${coresText(split.load)}, the servers' node ${coresText(split.measured)}`,
    [Symbol.asyncDispose]: giveBack,
  }
}

/** Gives every node of a cluster all CPUs again, after a run that was killed. */
export async function giveBackCores(cluster: string): Promise<void> {
  const nodes = await allNodesOf(cluster)
  const all = cpuListOf(await cpusOf(nodes))
  const given = await cpusetsOf(nodes)
  await Promise.all(nodes.filter((_, i) => given[i] !== '' && given[i] !== all).map((node) => hold(node, all)))
}

/** Of the control plane, which is never held to fewer. */
async function cpusOf(nodes: readonly string[]): Promise<number[]> {
  return allowedCpus(await command('docker', ['exec', controlPlaneOf(nodes), 'cat', '/proc/self/status']))
}

async function siblingsOn(nodes: readonly string[]): Promise<number[][]> {
  const script = 'cat /sys/devices/system/cpu/cpu[0-9]*/topology/thread_siblings_list 2>/dev/null || true'
  const lists = await command('docker', ['exec', controlPlaneOf(nodes), 'sh', '-c', script])
  return lists.split('\n').map(readCpuList)
}

const controlPlaneOf = (nodes: readonly string[]) => nodes.find((node) => /-control-plane\d*$/.test(node)) ?? ''

/** What the engine was told to hold containers to; empty: nothing. */
async function cpusetsOf(nodes: readonly string[]): Promise<string[]> {
  return (await command('docker', ['inspect', '--format', '{{.HostConfig.CpusetCpus}}', ...nodes])).split('\n')
}

/**
 * In cgroups of version 1 no group may have a CPU that the one above it has not, and none gets more by itself: fewer go from the leaves
 * up, more from the top down. Pods that are made later take their parent's. Version 2 sees to all of that.
 */
const setGroups = `
cd /sys/fs/cgroup/cpuset 2>/dev/null || exit 0
find . $2 -mindepth 1 -type d | while read -r group; do echo "$1" > "$group/cpuset.cpus"; done 2>/dev/null
exit 0`

/** Holds a node, with all that runs on it and will, to some CPUs. Throws ClusterError CLUSTER_UNAVAILABLE. */
async function hold(node: string, cpus: string): Promise<void> {
  const groups = (...order: string[]) => command('docker', ['exec', node, 'sh', '-c', setGroups, 'sh', cpus, ...order])
  for (let attempt = 1; ; attempt++) {
    await groups('-depth')
    try {
      await command('docker', ['update', '--cpuset-cpus', cpus, node])
      break
    } catch (error) {
      // A pod that is just being made may have the CPUs of before.
      if (attempt === attempts) throw error
    }
  }
  await groups()
}
