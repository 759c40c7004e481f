import { createHash } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname, networkInterfaces, userInfo } from 'node:os'
import { isAlive } from '../local/label.ts'
import type { ClusterRef, Owner } from '../provider.ts'

/** What every object of a run carries. */
export const labelKeys = {
  run: 'meshmark.dev/run',
  /** The process that the run belongs to: `<pid>.<start time>`. */
  owner: 'meshmark.dev/owner',
  /** A process number means something on one machine only. */
  machine: 'meshmark.dev/machine',
  /** Which deployment or job of the run the object belongs to. */
  part: 'meshmark.dev/part',
  manager: 'app.kubernetes.io/managed-by',
} as const

export const fieldManager = 'meshmark'

export type Labels = Record<string, string>

/** The labels of a run's objects. */
export function runLabels({ runId, owner }: Pick<ClusterRef, 'runId' | 'owner'>): Labels {
  return {
    [labelKeys.run]: labelValue(runId),
    [labelKeys.owner]: `${owner.pid}.${owner.startTime ?? ''}`.replace(/\.$/, ''),
    [labelKeys.machine]: machineId(),
    [labelKeys.manager]: fieldManager,
  }
}

/** Selects a run's objects. */
export function runSelector(runId: string): string {
  return `${labelKeys.run}=${labelValue(runId)}`
}

/** The owner that labels name; null when they name none, or one on another machine, which cannot be looked at from here. */
export function ownerIn(labels: Labels = {}): Owner | null {
  const [, pid, startTime] = /^(\d+)(?:\.(\d+))?$/.exec(labels[labelKeys.owner] ?? '') ?? []
  if (!pid || labels[labelKeys.machine] !== machineId()) return null
  return { pid: Number(pid), startTime: startTime ?? null }
}

/** Whether the objects that carry these labels are of a run of this machine whose process is gone. */
export function isOrphan(labels: Labels | undefined): boolean {
  const owner = ownerIn(labels)
  return owner !== null && !isAlive(owner)
}

let machine: string | undefined

/** Tells machines, their users and their process namespaces apart: 8 characters, the same in every process of one. */
export function machineId(): string {
  machine ??= hash(
    [
      hostname(),
      userInfo().username,
      readOr(() => readFileSync('/etc/machine-id', 'utf8')),
      readOr(() => readlinkSync('/proc/self/ns/pid')),
      networkInterfaces().en0?.[0]?.mac ?? '',
    ].join('\n'),
    8,
  )
  return machine
}

/** A text as a label's value. */
export function labelValue(text: string): string {
  return fitted(text, /^[A-Za-z0-9](?:[-_.A-Za-z0-9]{0,61}[A-Za-z0-9])?$/, 63)
}

/** A text as the name of a namespace, a service or a pod: unchanged where it can be, else with a hash that keeps it apart. */
export function dnsName(text: string, longest = 63): string {
  return fitted(text, new RegExp(`^[a-z0-9](?:[-a-z0-9]{0,${longest - 2}}[a-z0-9])?$`), longest)
}

function fitted(text: string, allowed: RegExp, longest: number): string {
  if (allowed.test(text)) return text
  const words = text.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')
  return `${words.slice(0, longest - 7).replaceAll(/^-+|-+$/g, '') || 'x'}-${hash(text, 6)}`
}

function hash(text: string, length: number): string {
  return createHash('sha256').update(text).digest('hex').slice(0, length)
}

function readOr(read: () => string): string {
  try {
    return read()
  } catch {
    return ''
  }
}
