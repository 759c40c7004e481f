import { bundleProgram } from '../../clusters/bundle.ts'
import type { EnrolledArm } from '../../clusters/mesh.ts'
import { meshes } from '../../clusters/meshes/index.ts'
import type { Cluster, Pod } from '../../clusters/provider.ts'
import { type WorkloadName, workloads } from '../../clusters/workloads/index.ts'
import type { ArmSpec } from './spec.ts'

/** An arm that stands ready: its workload deployed in a namespace of its own and enrolled in its mesh. */
export interface ReadyArm {
  spec: ArmSpec
  namespace: string
  server: Pod
  enrolled: EnrolledArm
}

const readyTimeoutMs = 30_000

/** Deploys a workload by itself. Throws ClusterError when it does not turn ready. */
export async function deployWorkload(
  cluster: Cluster,
  name: WorkloadName,
  namespace: string,
  env: Record<string, string> = {},
): Promise<Pod> {
  const { entry, ports, readinessProbe } = workloads[name]
  const file = await bundleProgram(entry, cluster.ref.workDir)
  return cluster.deploy({
    name,
    namespace,
    role: 'app',
    program: () => ({ kind: 'node', file }),
    ports,
    env,
    readinessProbe: { ...readinessProbe, timeoutMs: readyTimeoutMs },
  })
}

/** Deploys all arms at once; what was deployed goes onto `stack`, also when one of them fails. */
export function deployArms(
  cluster: Cluster,
  arms: readonly ArmSpec[],
  { workload, env }: { workload: WorkloadName; env: Record<string, string> },
  stack: AsyncDisposableStack,
  prefix: string,
): Promise<ReadyArm[]> {
  const deploy = async (spec: ArmSpec): Promise<ReadyArm> => {
    const namespace = `${prefix}-${spec.name.replace(':', '-')}`
    const server = stack.use(await deployWorkload(cluster, workload, namespace, env))
    const installation = stack.use(await meshes[spec.mesh].install(cluster, spec.mode))
    const [port] = Object.keys(workloads[workload].ports)
    return { spec, namespace, server, enrolled: await installation.enrol(server, port as string) }
  }
  return settleAll(arms.map(deploy))
}

/** Like Promise.all, but waits for every one before it throws: nothing is left half deployed behind a failure. */
async function settleAll<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  const settled = await Promise.allSettled(promises)
  const failed = settled.find((one) => one.status === 'rejected')
  if (failed) throw failed.reason
  return settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
}
