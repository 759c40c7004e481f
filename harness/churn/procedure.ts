import type { KubeCluster } from '../../clusters/kubernetes/cluster.ts'
import { isKubernetes } from '../../clusters/kubernetes/cluster.ts'
import { followsServices } from '../../clusters/mesh.ts'
import { type MeshName, meshes, meshNames } from '../../clusters/meshes/index.ts'
import type { Procedure } from '../experiment/procedure.ts'
import { changings } from './changing.ts'
import { samplerProgram } from './sampler-job.ts'
import type { ChurnSpec } from './spec.ts'
import { churnTrial } from './trial.ts'

const follows = (mesh: MeshName) => followsServices(meshes[mesh])

/** Trials in which something is changed while the load runs. */
export function churnProcedure(spec: ChurnSpec): Procedure {
  return {
    skipReason(cluster, { mesh }) {
      if (!isKubernetes(cluster)) return `${cluster.ref.provider} has no Services to change; run it with --cluster kind`
      if (follows(mesh)) return null
      return `${mesh} does not follow a Service that changes: where it sends is settled when it starts; choose of ${meshNames.filter(follows).join(', ')}`
    },
    async prepare(cluster, arm, stack) {
      // skipReason() has refused any other.
      const changing = await changings[spec.change](cluster as KubeCluster, arm, stack, spec)
      const sampler = await samplerProgram(cluster.ref.workDir)
      return { ...arm, target: changing.target, trial: churnTrial(cluster, arm, changing, sampler, spec) }
    },
  }
}
