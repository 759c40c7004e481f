import { styleText } from 'node:util'
import type { V1Pod } from '@kubernetes/client-node'
import { Command } from 'commander'
import { z } from 'zod'
import { ClusterError } from '../../clusters/errors.ts'
import { clientOf } from '../../clusters/kubernetes/client.ts'
import { loadKubeconfig, neededKubeconfigFiles } from '../../clusters/kubernetes/users-kubeconfig.ts'
import { localNode } from '../../clusters/local/node.ts'
import { NodeAttribution } from '../../ebpf/attribution/attribution.ts'
import { factsOf, listPods } from '../attribution/kubernetes.ts'
import { localProcesses } from '../attribution/local.ts'
import { type PodPids, podPids } from '../attribution/pod-pids.ts'
import { fields, parseConfig } from '../config.ts'
import { aligned, printable } from './aligned.ts'
import { clusterShape, refuseOfLocal } from './cluster-flags.ts'

const flagsSchema = fields({
  pids: z.boolean().optional(),
  ...clusterShape,
  json: z.boolean().optional(),
}).superRefine(refuseOfLocal)

export const podsCommand = () =>
  new Command('pods')
    .description('Say which processes of this machine belong to which pod.')
    .option('--pids', 'each process with its number, its parent’s, its container and its command')
    .option('--cluster <name>', 'kubeconfig, or local: the pods of runs on local processes (default: kubeconfig)')
    .option('--kubeconfig <file>', "another file than the user's own (kubeconfig)")
    .option('--context <name>', 'another context than the current one (kubeconfig)')
    .option('--json', 'one JSON object')
    .addHelpText(
      'after',
      `
Examples:
  meshmark pods --pids
  meshmark pods --pids --json --context kind-dev
  kind get kubeconfig --name dev > dev.yaml && meshmark pods --pids --kubeconfig dev.yaml
  meshmark pods --pids --cluster local

Numbers are those that /proc has here. Nodes of kind and k3s in Docker are containers of this machine; elsewhere, run it on
the node. A container that is not named holds the namespaces of its pod.`,
    )
    .action(pods)

async function pods(flags: object): Promise<void> {
  const { pids, cluster, kubeconfig, context, json } = parseConfig(flagsSchema, flags, 'meshmark pods', ([flag]) => ({
    name: `--${String(flag)}`,
  }))
  if (process.platform !== 'linux')
    throw new ClusterError('CLUSTER_UNAVAILABLE', 'processes are read from /proc, which only Linux has')
  const found = cluster === 'local' ? ofRuns() : await ofKubernetes(kubeconfig, context)
  process.stdout.write(json ? `${JSON.stringify(answer(found, pids))}\n` : podsText(found, pids))
}

function ofRuns(): PodPids[] {
  return podPids(new NodeAttribution({ processes: () => localProcesses() }), () => localNode().name)
}

async function ofKubernetes(kubeconfig?: string, context?: string): Promise<PodPids[]> {
  const client = await clientOf(await loadKubeconfig(neededKubeconfigFiles(kubeconfig), context))
  const pods = await listPods(client)
  const nodes = new Map(pods.map(({ metadata, spec }) => [metadata?.uid ?? null, spec?.nodeName ?? '']))
  const found = podPids(new NodeAttribution({ pods: () => pods.map(factsOf) }), (uid) => nodes.get(uid) ?? '')
  const running = pods.filter(isRunning).length
  if (found.length > 0 || running === 0) return found
  throw new ClusterError(
    'CLUSTER_UNAVAILABLE',
    `none of the ${running} running pods of context ${client.config.getCurrentContext()} has a process here: run it on the node whose ` +
      'processes it is to show, and not in a container, which sees its own alone',
  )
}

const isRunning = ({ status }: V1Pod) => status?.phase === 'Running'

/** As the scheduler's API answers. */
function answer(pods: readonly PodPids[], pids = false): object {
  return {
    success: true,
    message: 'Pod-PID mappings retrieved successfully',
    timestamp: new Date().toISOString(),
    pods: pids ? pods : pods.map(({ processes, ...pod }) => ({ ...pod, process_count: processes.length })),
  }
}

function podsText(pods: readonly PodPids[], pids = false): string {
  if (pods.length === 0) return 'no pod has a process here\n'
  const head = ['namespace', 'pod', 'node', ...(pids ? ['pid', 'ppid', 'container', 'command'] : ['processes'])]
  const rows = pods.flatMap(({ namespace, pod_name, node_name, processes }) => {
    const pod = [namespace, pod_name, node_name]
    if (!pids) return [[...pod, String(processes.length)]]
    return processes.map(({ pid, ppid, container, command }) => [
      ...pod,
      ...[String(pid), String(ppid), container ?? '-', printable(command)],
    ])
  })
  const [first = '', ...lines] = aligned([head, ...rows])
  return `${[styleText('bold', first), ...lines].join('\n')}\n`
}
