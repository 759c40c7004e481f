import { fileURLToPath } from 'node:url'
import { hasCode } from '../../clusters/errors.ts'
import {
  type EnrolledArm,
  hasControlPlane,
  isNetwork,
  type MeshInstallation,
  type Metered,
  type Traffic,
} from '../../clusters/mesh.ts'
import { meshes } from '../../clusters/meshes/index.ts'
import type { Cluster, Deployment, Endpoint, Node, Placement, Pod } from '../../clusters/provider.ts'
import { type ExperimentWorkload, experimentWorkloads } from '../../clusters/workloads/index.ts'
import type { Arm } from '../../reports/record.ts'
import { type ProtocolName, schemes, urlFor } from '../load/schemes.ts'
import { withTarget } from '../tools/plan.ts'
import { type ArmProgram, deployable } from './arm-program.ts'
import { clientNode, onNode, type Places } from './places.ts'
import { type ArmSpec, type ExperimentSpec, portFor } from './spec.ts'

/** An arm that stands ready: its workload deployed in a namespace of its own and enrolled in its mesh. */
export interface ReadyArm {
  spec: ArmSpec
  namespace: string
  server: Pod
  enrolled: EnrolledArm
  /** Of its mesh, shared with the mesh's other arms. */
  controlPlane: readonly Metered[]
  /** Where its requests go: the way that the arm names, or the mesh's own. */
  target: URL
  /** The server's own HTTP, past the mesh, the same way. */
  httpTarget: URL
  /** Where its load comes from: a pod placed so, or this machine. */
  client: Placement | 'outside'
  /** The same for the record, with the nodes' names; absent where there is only this machine. */
  placement?: NonNullable<Arm['placement']>
  /** Deploys its workload once more: in its namespace and mesh, and on the node of its server. */
  another(more: Pick<Deployment, 'name' | 'env' | 'replicas'>): Promise<Pod>
}

const readyTimeoutMs = 120_000
/** Of a program that is not ours: more likely than slow it listens elsewhere. */
const ownReadyTimeoutMs = 60_000

/** Why an arm cannot run such load on this cluster; null when it can. `nodes` are those that take pods. */
export function skipReason(
  { ref }: Cluster,
  nodes: readonly Node[],
  arm: ArmSpec,
  protocol: ProtocolName = 'http',
): string | null {
  const { path = 'pod-ip', client, mesh, mode } = arm
  const refusal = refusalOf(arm, trafficOf(protocol))
  if (refusal !== null) return refusal
  if (path !== 'pod-ip' && !ref.kube) return `${ref.provider} has no ${path}; run it with --cluster kind`
  if (client === 'other-node' && nodes.length < 2) return `${ref.provider} has one node that takes pods; two are needed`
  const network = `${mesh}:${mode}`
  if (!isNetwork(meshes[mesh]) || ref.network === network) return null
  const has = ref.network ? `is ${ref.network}` : 'is its own'
  return `the cluster's pod network ${has}; make one for this arm with --cluster kind --mesh baseline,${network}`
}

const trafficOf = (protocol: ProtocolName): Traffic => (protocol === 'tcp' || protocol === 'udp' ? protocol : 'http')

/** Why such traffic does not go the arm's way; null when it does. */
function refusalOf({ mesh: name, mode, path, settings }: ArmSpec, traffic: Traffic): string | null {
  if (traffic === 'udp' && path === 'port-forward')
    return 'port-forward leads through the API server, which carries no UDP'
  const mesh = meshes[name]
  if (mesh.refuses) return mesh.refuses(traffic, mode, settings)
  return traffic === 'http' ? null : `${name} is set up here for HTTP; it carries no ${traffic.toUpperCase()} streams`
}

interface WorkloadDeployment
  extends Partial<Pick<Deployment, 'name' | 'env' | 'replicas' | 'placement' | 'paths' | 'treatment'>> {
  /** In place of the workload's. */
  own?: ArmProgram | undefined
}

/** Deploys a workload by itself. Throws ClusterError when it does not turn ready. */
export async function deployWorkload(
  cluster: Cluster,
  workload: ExperimentWorkload,
  namespace: string,
  { name = workload, env = {}, own, ...rest }: WorkloadDeployment = {},
): Promise<Pod> {
  const { entry, ports, udpPorts = [], readinessProbe } = experimentWorkloads[workload]
  const program = await deployable(own ?? { file: entry && fileURLToPath(entry) }, cluster.ref.workDir)
  // A program that is not ours may listen on every address, where another arm's has the same port.
  const anyPort = own !== undefined && cluster.ref.pods === 'processes'
  return cluster.deploy({
    ...rest,
    name,
    namespace,
    role: 'app',
    program: () => program,
    ports: anyPort ? Object.fromEntries(Object.keys(ports).map((port) => [port, 0])) : ports,
    udpPorts,
    env,
    readinessProbe: own
      ? { ...readinessProbe, path: own.readyPath ?? readinessProbe.path, timeoutMs: ownReadyTimeoutMs }
      : { ...readinessProbe, timeoutMs: readyTimeoutMs },
  })
}

/** Arms that stand ready, and of the others, by name, why the cluster has no place for them. */
export interface DeployedArms {
  ready: ReadyArm[]
  unplaced: Map<string, string>
}

/** The meshes of some arms in a cluster, by `mesh:mode`. */
export type InstalledMeshes = ReadonlyMap<string, MeshInstallation>

/** Installs every mesh of the arms once; each goes onto `stack`. */
export async function installMeshes(
  cluster: Cluster,
  arms: readonly ArmSpec[],
  stack: AsyncDisposableStack,
): Promise<InstalledMeshes> {
  const installed = new Map<string, MeshInstallation>()
  for (const { mesh, mode } of arms) {
    const key = `${mesh}:${mode}`
    if (!installed.has(key)) installed.set(key, stack.use(await meshes[mesh].install(cluster, mode)))
  }
  return installed
}

/** Deploys all arms at once, each on the nodes of the experiment. What was made goes onto `stack`, also when one of them fails. */
export async function deployArms(
  cluster: Cluster,
  arms: readonly ArmSpec[],
  places: Places,
  { workload, env, placement: kept, load }: Pick<ExperimentSpec, 'workload' | 'env' | 'placement' | 'load'>,
  installed: InstalledMeshes,
  stack: AsyncDisposableStack,
  prefix: string,
): Promise<DeployedArms> {
  const port = portFor(workload, load)
  const httpPort = experimentWorkloads[workload].readinessProbe.port
  const traffic = trafficOf(load.protocol)
  const placement = onNode(kept, places.server)
  const deploy = async (spec: ArmSpec): Promise<ReadyArm> => {
    const namespace = `${prefix}-${spec.name.replaceAll(/[^a-z0-9]+/g, '-').replaceAll(/^-|-$/g, '')}`
    const installation = installed.get(`${spec.mesh}:${spec.mode}`) as MeshInstallation
    const enrolment = await installation.enrol({ namespace, port, traffic, httpPort, settings: spec.settings })
    const paths = spec.path ? [spec.path] : []
    const treatment = enrolment.server
    const ownEnv = { ...env, ...spec.env }
    const own = spec.program
    const server = stack.use(
      await deployWorkload(cluster, workload, namespace, { env: ownEnv, own, placement, paths, treatment }),
    )
    const another: ReadyArm['another'] = (more) => {
      const moreEnv = { ...ownEnv, ...more.env }
      return deployWorkload(cluster, workload, namespace, { own, placement, treatment, ...more, env: moreEnv })
    }
    const enrolled = stack.use(await enrolment.arm(server))
    const controlPlane = hasControlPlane(installation) ? await installation.controlPlane() : []
    const httpTarget = endpointUrl(server.endpoints[spec.path ?? 'pod-ip'] ?? server, httpPort)
    const target = targetOf(spec, server, port.name, enrolled)
    const from = spec.client === 'outside' ? spec.client : clientNode(spec.client, places)
    const client = from === 'outside' ? from : onNode(kept, from)
    const standing = server.node && { server: server.node, client: from === 'outside' ? from : from.name }
    return {
      ...{ spec, namespace, server, client, enrolled, controlPlane, target, httpTarget, another },
      ...(standing ? { placement: standing } : {}),
    }
  }
  const unplaced = new Map<string, string>()
  const deployed = arms.map((spec) =>
    deploy(spec).catch((error) => {
      if (!hasCode(error, 'CLUSTER_POD_UNPLACED')) throw error
      unplaced.set(spec.name, error.message.split('\n')[0] ?? '')
      return null
    }),
  )
  const ready = (await awaitAll(deployed)).filter((arm) => arm !== null)
  return { ready, unplaced }
}

function targetOf({ path }: ArmSpec, server: Pod, port: string, enrolled: EnrolledArm): URL {
  const endpoint = path && server.endpoints[path]
  return endpoint ? endpointUrl(endpoint, port) : enrolled.target
}

const endpointUrl = ({ host, ports }: Endpoint, port: string) => new URL(`http://${host}:${ports[port]}/`)

/** Where a load goes: its path at the arm's target, by its protocol's own scheme; and where the receiver of streams reports them. */
export function loadOn<L extends ExperimentSpec['load']>(
  { target, httpTarget }: ReadyArm,
  load: L,
): L & { url: string } {
  const { protocol, tls } = load
  if (trafficOf(protocol) === 'http') return withTarget(load, urlFor(protocol, target, tls !== undefined))
  const [scheme] = Object.keys(schemes[protocol])
  const plan = { ...load, stream: { receiver: httpTarget.href, ...load.stream } }
  return withTarget(plan, `${scheme}//${target.host}`)
}

/** Like Promise.all, but waits for every one before it throws: nothing is left half deployed behind a failure. */
export async function awaitAll<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  const settled = await Promise.allSettled(promises)
  const failed = settled.find((one) => one.status === 'rejected')
  if (failed) throw failed.reason
  return settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
}
