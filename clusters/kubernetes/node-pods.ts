import type { V1Pod } from '@kubernetes/client-node'
import { secondsSince } from '../elapsed.ts'
import { ClusterError } from '../errors.ts'
import type { Program } from '../provider.ts'
import { apply, type Manifest, remove } from './apply.ts'
import { quantities } from './container.ts'
import { type Conversation, converse } from './conversation.ts'
import { type ExecResult, exec } from './exec.ts'
import { apiErrorText } from './failure.ts'
import type { Labels } from './labels.ts'
import { appContainer, programConfigMap, type StagedProgram } from './manifests.ts'
import { programFolder, scratchFolder } from './program.ts'
import { untilRefused } from './refusal.ts'
import type { RunNamespace } from './run-namespace.ts'
import { stateOf } from './state.ts'

/** What a namespace has to bear for Pod Security to admit privileged pods. */
export const admitsPrivileged: Labels = { 'pod-security.kubernetes.io/enforce': 'privileged' }

/** A program that looks at nodes from within: as root in a privileged pod, with the node's processes and its `/sys/kernel`. */
export interface NodeProgram {
  name: string
  image: string
  program: Program
  /** Texts by name, which it finds in `folder`. */
  files: { folder: string; texts: Record<string, string> }
  /** The names of the nodes. */
  nodes: readonly string[]
}

/** A pod on a node that does nothing by itself. */
export interface NodePod {
  node: string
  /** Runs the program to its end. Throws as `exec` does. */
  run(args: readonly string[], timeoutMs: number): Promise<ExecResult>
  /** Starts the program and stays connected to it. Throws as `converse` does. */
  converse(args: readonly string[], onLine: (line: string) => void): Promise<Conversation>
}

/** Disposing removes them. */
export interface NodePods extends AsyncDisposable {
  pods: readonly NodePod[]
}

/** Pulling the image takes the longest. */
const startLimitMs = 180_000

/**
 * Makes a DaemonSet of privileged pods, one on each of the nodes, and waits until they run.
 *
 * @throws ClusterError CLUSTER_DEPLOY_FAILED with the words of whoever refuses that, or what keeps a pod from starting.
 */
export async function startNodePods(within: RunNamespace, spec: NodeProgram): Promise<NodePods> {
  const name = within.jobName(spec.name)
  const { client, namespace } = within
  const staged = await within.stage(name, spec.program, spec.image)
  const files = filesOf(staged, spec)
  const daemons = daemonSet(staged, spec)
  const gone = async () => void (await Promise.all([daemons, files].map((object) => remove(client, object))))
  try {
    await apply(client, files)
    await apply(client, daemons)
    const pods = await untilAllRun(within, name, spec.nodes.length)
    return {
      pods: pods.map((pod) => nodePod(within, pod, staged.program.command(false))),
      async [Symbol.asyncDispose]() {
        await gone()
        // What still ran would disturb whatever comes next.
        await within.watch.until(() => (within.podsOf(name).length > 0 ? null : true), 15_000)
      },
    }
  } catch (cause) {
    await gone().catch(() => {})
    if (cause instanceof ClusterError) throw cause
    const what = `${spec.name} in ${namespace} could not be started: ${apiErrorText(cause)}`
    throw new ClusterError('CLUSTER_DEPLOY_FAILED', what, { cause })
  }
}

function nodePod({ client, namespace }: RunNamespace, { metadata, spec }: V1Pod, command: string[]): NodePod {
  const at = { namespace, pod: metadata?.name ?? '', container: appContainer }
  return {
    node: spec?.nodeName ?? '',
    run: (args, timeoutMs) => exec(client, at, [...command, ...args], timeoutMs),
    converse: (args, onLine) => converse(client, at, [...command, ...args], onLine),
  }
}

async function untilAllRun(within: RunNamespace, name: string, wanted: number): Promise<V1Pod[]> {
  const startedAt = performance.now()
  const over = new AbortController()
  const fail = (why: string): never => {
    const what = `${name} in ${within.namespace} could not be started: ${why}`
    throw new ClusterError('CLUSTER_DEPLOY_FAILED', what)
  }
  const refused = untilRefused(within, name, wanted, over.signal).then(fail)
  const started = within.watch.until(
    () => {
      const pods = within.podsOf(name)
      const states = pods.map(stateOf)
      const stuck = states.find((state) => state.stuck !== null)?.stuck
      if (stuck) fail(stuck)
      return states.filter(({ running }) => running).length === wanted ? pods : null
    },
    startLimitMs,
    over.signal,
  )
  const pods = await Promise.race([started, refused]).finally(() => over.abort())
  if (pods) return pods
  const waiting = within.podsOf(name).map((pod) => stateOf(pod).waiting)
  return fail(`after ${secondsSince(startedAt)}: ${waiting.join('; ') || 'there is no pod'}`)
}

function filesOf(staged: StagedProgram, { files }: NodeProgram): Manifest {
  const program = { ...staged.program, data: files.texts, binaryData: {} }
  return programConfigMap(`${staged.name}-files`, { ...staged, program })
}

function daemonSet(
  { name, namespace, labels, image, programMap }: StagedProgram,
  { files, nodes }: NodeProgram,
): Manifest {
  // A field takes one value; any of the terms will do.
  const termOf = (node: string) => ({ matchFields: [{ key: 'metadata.name', operator: 'In', values: [node] }] })
  const required = { nodeSelectorTerms: nodes.map(termOf) }
  const container = {
    name: appContainer,
    image,
    imagePullPolicy: 'IfNotPresent',
    command: ['sleep', 'infinity'],
    resources: quantities({ cpuMillicores: { request: 10 }, memoryBytes: { request: 64 << 20 } }),
    securityContext: { privileged: true, runAsUser: 0 },
    volumeMounts: [
      { name: 'program', mountPath: programFolder, readOnly: true },
      { name: 'files', mountPath: files.folder, readOnly: true },
      { name: 'scratch', mountPath: scratchFolder },
      { name: 'kernel', mountPath: '/sys/kernel' },
    ],
  }
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name, namespace, labels },
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          hostPID: true,
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          terminationGracePeriodSeconds: 1,
          affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: required } },
          tolerations: [{ operator: 'Exists' }],
          containers: [container],
          volumes: [
            { name: 'program', configMap: { name: programMap } },
            { name: 'files', configMap: { name: `${name}-files` } },
            { name: 'scratch', emptyDir: {} },
            { name: 'kernel', hostPath: { path: '/sys/kernel' } },
          ],
        },
      },
    },
  } as Manifest
}
