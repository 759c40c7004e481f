import type { V1Affinity, V1Container, V1PodSpec, V1Service, V1TopologySpreadConstraint } from '@kubernetes/client-node'
import { beginVariable } from '../job.ts'
import type { Deployment, Job, Placement, PodTreatment, Resources } from '../provider.ts'
import type { Manifest } from './apply.ts'
import { literal, portName, quantities, restricted, variables } from './container.ts'
import { type Labels, labelKeys } from './labels.ts'
import { inputFolder, type PackedProgram, programFolder, scratchFolder } from './program.ts'
import { sidecarContainers, sidecarVolumes } from './sidecar.ts'

/** The container that runs our program; any other in its pod is a mesh's. */
export const appContainer = 'app'

/** Where a copy of a job finds the line it begins at. */
export const beginFile = `${scratchFolder}/begin`

/** What the objects of a program are made of that its image starts by itself. */
export interface StagedImage {
  name: string
  namespace: string
  labels: Labels
  image: string
}

/** A program that is in a namespace and does not run yet: what the objects that run it are made of. */
export interface StagedProgram extends StagedImage {
  /** The ConfigMap that holds the program. */
  programMap: string
  program: PackedProgram
}

const defaults = {
  // No CPU limit: being throttled would be measured as latency.
  app: { cpuMillicores: { request: 100 }, memoryBytes: { request: 64 << 20, limit: 1 << 30 } },
  job: { cpuMillicores: { request: 100 }, memoryBytes: { request: 128 << 20, limit: 2 ** 31 } },
} satisfies Record<string, Resources>

/** Holds a program's files. */
export function programConfigMap(
  name: string,
  { namespace, labels, program: { data, binaryData } }: StagedProgram,
): Manifest {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace, labels }, data, binaryData } as Manifest
}

/** What the copies of a job read, by their numbers. There may be keys in it. */
export function inputSecret(name: string, { namespace, labels }: StagedProgram, inputs: readonly string[]): Manifest {
  const stringData = Object.fromEntries(inputs.map((input, i) => [String(i), input]))
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace, labels }, stringData } as Manifest
}

/** Kubernetes' own, for pods that give up their connections before they end. */
const drainLimitSeconds = 30

/** One pod that is never two: the old one ends before the new one starts. Of several, a new one is ready before an old one ends. */
export function deploymentManifest(
  staged: StagedImage | StagedProgram,
  deployment: Deployment,
  env: Record<string, string>,
): Manifest {
  const { name, namespace, labels } = staged
  const { ports, udpPorts = [], replicas, readinessProbe, resources, placement, treatment = {} } = deployment
  const selector = { [labelKeys.part]: labels[labelKeys.part] as string }
  const container: Partial<V1Container> = {
    ports: Object.entries(ports).map(([name, containerPort]) => ({
      name: portName(name),
      containerPort,
      ...(udpPorts.includes(name) ? { protocol: 'UDP' } : {}),
    })),
    readinessProbe: {
      httpGet: { path: readinessProbe.path, port: portName(readinessProbe.port) },
      periodSeconds: 1,
      timeoutSeconds: 2,
    },
  }
  const command = 'program' in staged ? staged.program.command(false) : null
  const spec = podSpec(staged, command, env, resources ?? defaults.app, placement, treatment, container)
  if (replicas !== undefined) spec.terminationGracePeriodSeconds = drainLimitSeconds
  const own = { ...labels, app: name, 'app.kubernetes.io/name': name }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace, labels },
    spec: {
      replicas: replicas ?? 1,
      revisionHistoryLimit: 0,
      strategy: { type: replicas === undefined ? 'Recreate' : 'RollingUpdate' },
      selector: { matchLabels: selector },
      template: { metadata: treated(own, treatment), spec },
    },
  } as Manifest
}

export type ServiceType = 'ClusterIP' | 'Headless' | 'NodePort'

export function serviceManifest(
  { namespace, labels }: Pick<StagedProgram, 'namespace' | 'labels'>,
  name: string,
  { ports, udpPorts = [] }: Pick<Deployment, 'ports' | 'udpPorts'>,
  type: ServiceType,
): Manifest & V1Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace, labels },
    spec: {
      type: type === 'Headless' ? 'ClusterIP' : type,
      ...(type === 'Headless' ? { clusterIP: 'None' } : {}),
      selector: { [labelKeys.part]: labels[labelKeys.part] as string },
      ports: Object.entries(ports).map(([name, port]) => ({
        name: portName(name),
        port,
        targetPort: portName(name),
        protocol: udpPorts.includes(name) ? 'UDP' : 'TCP',
      })),
    },
  }
}

/** As many pods at once as there are inputs; none is tried again. */
export function jobManifest(
  staged: StagedProgram,
  job: Job,
  inputs: string,
  copies: number,
  limitSeconds: number,
): Manifest {
  const { name, namespace, labels } = staged
  const env = {
    ...job.env,
    ...(job.begin ? { [beginVariable]: beginFile } : {}),
    MESHMARK_INPUT: inputFolder,
    MESHMARK_STDERR: '/dev/termination-log',
  }
  const container: Partial<V1Container> = { terminationMessagePath: '/dev/termination-log' }
  const { resources = defaults.job, placement, treatment = {} } = job
  const spec = podSpec(staged, staged.program.command(true), env, resources, placement, treatment, container)
  spec.restartPolicy = 'Never'
  // Copies side by side on one node would share its cores, and its network.
  if (copies > 1) spec.topologySpreadConstraints = [spread(labels)]
  spec.volumes?.push({ name: 'input', secret: { secretName: inputs } })
  spec.containers[0]?.volumeMounts?.push({ name: 'input', mountPath: inputFolder, readOnly: true })
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, namespace, labels },
    spec: {
      completionMode: 'Indexed',
      completions: copies,
      parallelism: copies,
      backoffLimit: 0,
      activeDeadlineSeconds: limitSeconds,
      ttlSecondsAfterFinished: 600,
      template: { metadata: treated({ ...labels, 'app.kubernetes.io/name': job.name }, treatment), spec },
    },
  } as Manifest
}

function spread(labels: Labels): V1TopologySpreadConstraint {
  const matchLabels = { [labelKeys.part]: labels[labelKeys.part] as string }
  const topologyKey = 'kubernetes.io/hostname'
  return { maxSkew: 1, topologyKey, whenUnsatisfiable: 'ScheduleAnyway', labelSelector: { matchLabels } }
}

/** A pod that the Pod Security Standard `restricted` admits. Without a command its image has a program of its own. */
function podSpec(
  staged: StagedImage | StagedProgram,
  command: string[] | null,
  env: Record<string, string>,
  resources: Resources,
  placement: Placement | undefined,
  { sidecars = [] }: PodTreatment,
  more: Partial<V1Container>,
): V1PodSpec {
  const { name, image } = staged
  const programMap = 'programMap' in staged ? staged.programMap : null
  return {
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: 1,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: 1000,
      runAsGroup: 1000,
      seccompProfile: { type: 'RuntimeDefault' },
    },
    ...placed(placement),
    ...(sidecars.length > 0 ? { initContainers: sidecarContainers(sidecars) } : {}),
    containers: [
      {
        name: appContainer,
        image,
        imagePullPolicy: 'IfNotPresent',
        ...(command && { command: command.map(literal) }),
        env: variables(env),
        resources: quantities(resources),
        securityContext: restricted,
        volumeMounts: [
          ...(programMap === null ? [] : [{ name: 'program', mountPath: programFolder, readOnly: true }]),
          { name: 'scratch', mountPath: scratchFolder },
        ],
        ...more,
      },
    ],
    volumes: [
      ...(programMap === null ? [] : [{ name: 'program', configMap: { name: programMap } }]),
      { name: 'scratch', emptyDir: {} },
      ...sidecarVolumes(name, sidecars),
    ],
  }
}

/** The labels and annotations of a pod, the mesh's among them. */
function treated(labels: Labels, treatment: PodTreatment) {
  const { annotations = {} } = treatment
  return {
    labels: { ...treatment.labels, ...labels },
    ...(Object.keys(annotations).length > 0 ? { annotations } : {}),
  }
}

function placed({ nodeLabels, architecture, tolerations = [] }: Placement = {}): Partial<V1PodSpec> {
  const affinity: V1Affinity | undefined = architecture
    ? {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [
              { matchExpressions: [{ key: 'kubernetes.io/arch', operator: 'In', values: [architecture] }] },
            ],
          },
        },
      }
    : undefined
  // Clusters of mixed architectures taint the rarer one, so that nothing lands there by accident.
  const byArchitecture = architecture
    ? [{ key: 'kubernetes.io/arch', operator: 'Equal', value: architecture, effect: 'NoSchedule' }]
    : []
  return {
    ...(nodeLabels ? { nodeSelector: nodeLabels } : {}),
    ...(affinity ? { affinity } : {}),
    tolerations: [
      ...tolerations.map((one) => ({ ...one, operator: one.value === undefined ? 'Exists' : 'Equal' })),
      ...byArchitecture,
    ],
  }
}
