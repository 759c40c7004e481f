import { ClusterError } from './errors.ts'
import type { Node, Placement, Taint } from './provider.ts'

/**
 * The nodes that a placement allows.
 *
 * @throws ClusterError CLUSTER_CONFIG_INVALID when there is none: it names what no node has, and what there is.
 */
export function nodesFor(
  placement: Placement,
  nodes: readonly Node[],
  { name, namespace }: { name: string; namespace: string },
): Node[] {
  const { nodeLabels = {}, architecture } = placement
  const open = nodes.filter((node) => node.schedulable)
  const takers = open.filter((node) => taintAgainst(placement, node) === undefined)
  const fits = takers.filter(
    (node) =>
      Object.entries(nodeLabels).every(([key, value]) => node.labels[key] === value) &&
      (architecture === undefined || node.architecture === architecture),
  )
  if (fits.length > 0) return fits
  const problems = Object.entries(nodeLabels).flatMap(([key, value]) => labelProblem(key, value, takers))
  problems.push(...open.flatMap((node) => taintProblem(placement, node)))
  const architectures = distinct(takers.map((node) => node.architecture))
  if (architecture !== undefined && !architectures.includes(architecture)) {
    problems.push(`architecture: no node is ${architecture}; there is ${architectures.join(', ') || 'none'}`)
  }
  if (problems.length === 0) problems.push('each of what is asked for is there, but no node has all of it')
  throw new ClusterError(
    'CLUSTER_CONFIG_INVALID',
    `${name} in ${namespace} cannot be placed: no node fits\n${problems.map((line) => `  ${line}`).join('\n')}`,
  )
}

/** A node's taint that keeps a pod placed so away. */
function taintAgainst({ architecture, tolerations = [] }: Placement, { taints = [] }: Node): Taint | undefined {
  const all = architecture ? [...tolerations, { key: 'kubernetes.io/arch', value: architecture }] : tolerations
  const tolerated = (taint: Taint) =>
    all.some(
      ({ key, value, effect }: NonNullable<Placement['tolerations']>[number]) =>
        key === taint.key && (value ?? taint.value) === taint.value && (effect ?? taint.effect) === taint.effect,
    )
  return taints.find((taint) => taint.effect !== 'PreferNoSchedule' && !tolerated(taint))
}

function taintProblem(placement: Placement, node: Node): string[] {
  const taint = taintAgainst(placement, node)
  if (!taint) return []
  const { key, value, effect } = taint
  return [`tolerations: ${node.name} has the taint ${key}${value === undefined ? '' : `=${value}`}:${effect}`]
}

function labelProblem(key: string, value: string, nodes: Node[]): string[] {
  const values = distinct(nodes.flatMap((node) => node.labels[key] ?? []))
  if (values.includes(value)) return []
  if (values.length > 0) return [`nodeLabels.${key}: no node has '${value}'; there is ${values.join(', ')}`]
  const known = distinct(nodes.flatMap((node) => Object.keys(node.labels)))
  return [`nodeLabels.${key}: no node has such a label; there is ${known.join(', ') || 'none'}`]
}

function distinct(values: string[]): string[] {
  return [...new Set(values)].sort()
}
