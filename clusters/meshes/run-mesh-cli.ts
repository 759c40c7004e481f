import { stripVTControlCharacters } from 'node:util'
import { execa } from 'execa'
import { ClusterError } from '../errors.ts'
import { indented } from '../logs.ts'
import { findMeshCli } from '../mesh-cli/find.ts'
import type { MeshCli } from '../mesh-cli/mesh-cli.ts'
import type { ClusterRef } from '../provider.ts'

const timeoutMs = 120_000
const lastLines = 20

/**
 * Runs a mesh's own program on a cluster and returns its stdout. `goodExitCodes` are those it ends with when it has a result.
 *
 * @throws ClusterError CLUSTER_MESH_FAILED with the command as it can be pasted and the end of its output.
 */
export async function runMeshCli(
  tool: MeshCli,
  { kube }: ClusterRef,
  args: readonly string[],
  goodExitCodes: readonly number[] = [0],
): Promise<string> {
  const { found } = await findMeshCli(tool)
  if (!found) throw new ClusterError('CLUSTER_MESH_FAILED', `no ${tool.title} is here: call prepare() first`)
  const access = kube ? ['--kubeconfig', kube.kubeconfig, '--context', kube.context] : []
  const options = { all: true, reject: false, stdin: 'ignore', timeout: timeoutMs } as const
  const result = await execa(found.file, [...args, ...access], options)
  if (result.exitCode !== undefined && goodExitCodes.includes(result.exitCode)) return result.stdout
  const how = result.timedOut ? `did not end within ${timeoutMs / 1000} s` : `ended with exit code ${result.exitCode}`
  const output = stripVTControlCharacters(result.all).trimEnd().split('\n').slice(-lastLines)
  throw new ClusterError(
    'CLUSTER_MESH_FAILED',
    `${tool.title} ${how}\n  command: ${result.escapedCommand}\n  last output:\n${indented(output)}`,
    { cause: result },
  )
}
