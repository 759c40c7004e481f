import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { textOf } from '../process.ts'
import type { WeightEntry } from './journal.ts'

/** A cgroup's weight among its siblings: `cpu.weight` of cgroup v2, 1–10000, or `cpu.shares` of v1, 2–262144. */
export interface WeightFile {
  file: string
  limits: readonly [least: number, most: number]
}

/**
 * The weight of the pod that a process is in, by the pod's UID in the path of its cgroup: with dashes, with underscores (systemd), or
 * without either (static pods). Null: its cgroup is in no pod's, or no CPU controller is mounted.
 */
export function podWeight(pid: number, podUid: string): WeightFile | null {
  for (const line of textOf(`/proc/${pid}/cgroup`)?.trim().split('\n') ?? []) {
    const [, controllers = '', path = ''] = /^\d+:([^:]*):(.*)$/.exec(line) ?? []
    const isV2 = controllers === ''
    if (!isV2 && !controllers.split(',').includes('cpu')) continue
    const folder = podFolder(path, podUid)
    const mount = folder === null ? null : mountOf(isV2, folder)
    if (mount === null) continue
    const file = join(mount, isV2 ? 'cpu.weight' : 'cpu.shares')
    if (readWeight(file) !== null) return { file, limits: isV2 ? [1, 10_000] : [2, 262_144] }
  }
  return null
}

/**
 * Whether the kernel puts a process into a group of its session, in which alone its nice value counts: of those in no CPU cgroup, where
 * `sched_autogroup_enabled` is on (sched(7), "The autogroup feature").
 */
export function isAutogrouped(pid: number): boolean {
  if (textOf('/proc/sys/kernel/sched_autogroup_enabled')?.trim() !== '1') return false
  const lines = textOf(`/proc/${pid}/cgroup`)?.trim().split('\n') ?? []
  const v1 = lines.find((line) => /^\d+:([^:]*,)?cpu(,[^:]*)?:/.test(line))
  return (v1 ?? lines.find((line) => line.startsWith('0::')))?.endsWith(':/') ?? false
}

export function readWeight(file: string): number | null {
  const weight = Number(textOf(file)?.trim() || Number.NaN)
  return Number.isInteger(weight) ? weight : null
}

/** Writes a weight; says why it could not. */
export function writeWeight(file: string, weight: number): string | null {
  try {
    writeFileSync(file, String(weight))
    return null
  } catch (error) {
    return `${file}: ${(error as Error).message}`
  }
}

/** Puts a weight back that nobody else has set since; says why it could not. */
export function restoreWeight({ file, before, applied }: WeightEntry): string | null {
  const weight = readWeight(file)
  return weight === null || !applied.includes(weight) ? null : writeWeight(file, before)
}

/** A weight multiplied, within the limits of its kind. */
export const scaled = ({ limits: [least, most] }: WeightFile, weight: number, factor: number) =>
  Math.max(least, Math.min(most, Math.round(weight * factor)))

function podFolder(path: string, podUid: string): string | null {
  const plain = (text: string) => text.replaceAll(/[-_]/g, '').toLowerCase()
  const segments = path.split('/')
  const index = segments.findIndex((segment) => podUid !== '' && plain(segment).includes(`pod${plain(podUid)}`))
  return index < 0 ? null : segments.slice(0, index + 1).join('/')
}

/** Where a cgroup's folder is mounted, by /proc/self/mountinfo: `id parent device root mountpoint options … - type source super`. */
function mountOf(isV2: boolean, path: string): string | null {
  for (const line of textOf('/proc/self/mountinfo')?.split('\n') ?? []) {
    const [before = '', after = ''] = line.split(' - ')
    const [, , , root = '', mountpoint = ''] = before.split(' ')
    const [type, , superOptions = ''] = after.split(' ')
    const fits = isV2 ? type === 'cgroup2' : type === 'cgroup' && superOptions.split(',').includes('cpu')
    if (!fits) continue
    if (root === '/') return join(mountpoint, path)
    if (path.startsWith(`${root}/`)) return join(mountpoint, path.slice(root.length))
  }
  return null
}
