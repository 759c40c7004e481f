import { existsSync, readFileSync } from 'node:fs'
import { release } from 'node:os'
import { gunzipSync } from 'node:zlib'
import { hasKernelNumbers } from '../pid-namespace.ts'
import type { Availability, AvailabilityOptions } from '../probe.ts'
import { mountedTracefs, tracefsFolders, tracepoint } from './tracefs.ts'
import { bpftraceVersion, isAtLeast } from './version.ts'

/** Tracepoints that a program stands on, as `category:event`, and their fields that it reads. */
export type Needs = Readonly<Record<string, readonly string[]>>

/** Where to look; tests look elsewhere. */
export interface Machine {
  platform: string
  userId: number | undefined
  bpftrace: string
  tracefs: readonly string[]
  btf: string
  kernelConfigs: readonly string[]
  lockdown: string
  pidNamespace: string
}

const thisMachine: Machine = {
  platform: process.platform,
  userId: process.geteuid?.(),
  bpftrace: 'bpftrace',
  tracefs: tracefsFolders,
  btf: '/sys/kernel/btf/vmlinux',
  kernelConfigs: ['/proc/config.gz', `/boot/config-${release()}`],
  lockdown: '/sys/kernel/security/lockdown',
  pidNamespace: '/proc/self/ns/pid',
}

interface Obstacle {
  reason: string
  remedy: string
}

/** The oldest whose output and language are tried here. */
const oldestVersion = [0, 17] as const
const getBpftrace = 'install it: apt-get install bpftrace, dnf install bpftrace, or apk add bpftrace'

/** Whether a program with these needs can run here: every obstacle at once, and what to do about each. */
export async function preflight(
  needs: Needs,
  { otherNumbers = false }: AvailabilityOptions = {},
  machine = thisMachine,
): Promise<Availability> {
  if (machine.platform !== 'linux')
    return {
      available: false,
      reason: `eBPF is Linux's alone, and this is ${machine.platform}`,
      remedy: 'run on Linux',
    }
  const version = await bpftraceVersion(machine.bpftrace)
  const obstacles = [
    versionObstacle(version),
    rootObstacle(machine),
    otherNumbers ? null : numbersObstacle(machine),
    ...kernelObstacles(machine),
  ]
  // Others than root may not even look for tracepoints.
  if (machine.userId === 0) obstacles.push(...tracepointObstacles(needs, machine))
  const met = obstacles.filter((obstacle) => obstacle !== null)
  if (met.length === 0) return { available: true, detail: `bpftrace ${version}` }
  const told = (key: keyof Obstacle) => [...new Set(met.map((obstacle) => obstacle[key]))].join('; ')
  return { available: false, reason: told('reason'), remedy: told('remedy') }
}

function versionObstacle(version: string | null): Obstacle | null {
  if (version === null) return { reason: 'bpftrace is not on the PATH', remedy: getBpftrace }
  if (isAtLeast(version, oldestVersion)) return null
  return {
    reason: `bpftrace is ${version}, and ${oldestVersion.join('.')} is the oldest that will do`,
    remedy: 'get a newer one: https://github.com/bpftrace/bpftrace/releases',
  }
}

function rootObstacle({ userId }: Machine): Obstacle | null {
  return userId === 0
    ? null
    : { reason: `it takes root, and this is user ${userId ?? '(unknown)'}`, remedy: 'run with sudo, or as root' }
}

function numbersObstacle({ pidNamespace }: Machine): Obstacle | null {
  return hasKernelNumbers(pidNamespace) !== false
    ? null
    : {
        reason:
          'this is a container with a pid namespace of its own, where processes have other numbers than in the kernel',
        remedy: 'run it outside of the container, or with --pid=host',
      }
}

function kernelObstacles({ btf, kernelConfigs, lockdown }: Machine): (Obstacle | null)[] {
  const config = kernelConfigs.map(readConfig).find((text) => text !== null)
  const off = ['CONFIG_BPF_SYSCALL', 'CONFIG_BPF_EVENTS'].filter(
    (option) => config !== undefined && !new RegExp(`^${option}=y`, 'm').test(config),
  )
  return [
    existsSync(btf)
      ? null
      : {
          reason: `the kernel does not describe its types (${btf} is missing)`,
          remedy: 'run a kernel with CONFIG_DEBUG_INFO_BTF=y',
        },
    off.length === 0
      ? null
      : {
          reason: `the kernel was built without ${off.join(' and ')}`,
          remedy: `run a kernel with ${off.join('=y, ')}=y`,
        },
    readOrEmpty(lockdown).includes('[confidentiality]')
      ? {
          reason: 'the kernel is locked down (confidentiality), and lets no program read its memory',
          remedy: 'boot with lockdown=none or lockdown=integrity',
        }
      : null,
  ]
}

function tracepointObstacles(needs: Needs, { tracefs }: Machine): Obstacle[] {
  const folder = mountedTracefs(tracefs)
  if (folder === null)
    return [
      {
        reason: `tracefs is not mounted (looked for ${tracefs.join(', ')})`,
        remedy: `mount -t tracefs none ${tracefs[0]}`,
      },
    ]
  return Object.entries(needs).flatMap(([name, fields]) => {
    const found = tracepoint(name, folder)
    const remedy = 'run a kernel that has it'
    if (!found) return [{ reason: `this kernel has no tracepoint ${name}`, remedy }]
    const missing = fields.filter((field) => !found.fields.includes(field))
    return missing.length === 0 ? [] : [{ reason: `tracepoint ${name} has no field ${missing.join(', ')}`, remedy }]
  })
}

function readConfig(file: string): string | null {
  try {
    const bytes = readFileSync(file)
    return String(file.endsWith('.gz') ? gunzipSync(bytes) : bytes)
  } catch {
    return null
  }
}

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
