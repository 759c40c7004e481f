import { access, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { command } from '../../kind/command.ts'
import type { Manifest } from '../../kubernetes/apply.ts'
import { readManifests } from '../../kubernetes/manifest-set.ts'
import { findMeshCli } from '../../mesh-cli/find.ts'
import type { Availability } from '../../provider.ts'
import { ciliumNamespace } from './agent.ts'
import { helm } from './cli.ts'
import { chartPath } from './image.ts'

const build = 'meshmark mesh-image cilium'
const getting = { remedy: `build both without pulling anything: ${build}`, command: build }

/** Whether Helm and the chart that it renders are here. */
export async function chartAvailability(): Promise<Availability> {
  const chart = await access(join(chartPath(), 'Chart.yaml')).then(
    () => true,
    () => false,
  )
  if (!chart) return { available: false, reason: "Cilium's chart is not in the cache", ...getting }
  const { found } = await findMeshCli(helm)
  if (!found) return { available: false, reason: 'no Helm on PATH or in the cache', ...getting }
  return { available: true, detail: `Helm ${found.version}` }
}

/**
 * The objects that Cilium consists of in a cluster of that version. `folder` is for the file that Helm reads.
 *
 * @throws ClusterError CLUSTER_UNAVAILABLE with the command and Helm's output.
 */
export async function renderChart(
  values: Record<string, unknown>,
  kubeVersion: string,
  folder: string,
): Promise<Manifest[]> {
  const { found } = await findMeshCli(helm)
  const file = join(folder, 'cilium-values.json')
  await writeFile(file, JSON.stringify(values, null, 2))
  const args = ['--namespace', ciliumNamespace, '--kube-version', kubeVersion, '--values', file]
  return readManifests(await command(found?.file ?? helm.name, ['template', 'cilium', chartPath(), ...args]))
}
