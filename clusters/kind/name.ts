import { createHash } from 'node:crypto'
import { machineId } from '../kubernetes/labels.ts'
import type { Owner } from '../provider.ts'

const prefix = 'meshmark'
// The longest name of a node is the cluster's with `-control-plane`, and a host's name has at most 63 characters.
const longestRunId = 22

/** What a cluster's name says of its owner. */
export interface NamedOwner {
  runId: string
  owner: Owner
  machine: string
}

/**
 * A name that says whose the cluster is, from the moment its first container is there and as long as its last one is:
 * `meshmark-<run id>-<pid>-<start time>-<machine>`, numbers to the base of 36.
 */
export function clusterName({ runId, owner }: { runId: string; owner: Owner }): string {
  const number = (value: number | string | null) => Number(value ?? 0).toString(36)
  return [prefix, fitting(runId), number(owner.pid), number(owner.startTime), machineMark()].join('-')
}

/** What names carry of this machine: other machines may use the same engine. */
export function machineMark(): string {
  return machineId().slice(0, 3)
}

/** A name that says nothing of an owner: such a cluster stays until somebody deletes it. */
export function keptName(runId: string): string {
  return `${prefix}-kept-${fitting(runId)}`
}

/** Reads a name that `clusterName` made; null for any other. */
export function readName(name: string): NamedOwner | null {
  const [, runId, pid, start, machine] =
    /^meshmark-([a-z0-9-]+)-([0-9a-z]+)-([0-9a-z]+)-([0-9a-f]{3})$/.exec(name) ?? []
  if (!runId || !pid || !start || !machine || runId.startsWith('kept-')) return null
  const startTime = Number.parseInt(start, 36)
  return {
    runId,
    owner: { pid: Number.parseInt(pid, 36), startTime: startTime === 0 ? null : String(startTime) },
    machine,
  }
}

function fitting(runId: string): string {
  if (/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(runId) && runId.length <= longestRunId) return runId
  const hash = createHash('sha256').update(runId).digest('hex').slice(0, 8)
  const words = runId
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, longestRunId - 9)
  return `${words.replaceAll(/^-+|-+$/g, '')}-${hash}`.replace(/^-/, '')
}
