import {
  accessSync,
  constants,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ClusterError } from '../errors.ts'
import type { ClusterRef, Owner } from '../provider.ts'
import { isAlive } from './label.ts'

/** Where the kernel's CPU controller is mounted: a hierarchy of cgroup v1, or that of v2. */
interface Controller {
  mountpoint: string
  /** The group that the mountpoint is. */
  root: string
  version: 1 | 2
}

const prefix = 'meshmark-'
const removeLimitMs = 3000

/** Why pods on `local` cannot have CPU groups of their own; null: they can. */
export function cpuGroupsMissing(): string | null {
  const controller = cpuController()
  if (controller === null) return 'there is no CPU controller of cgroups here'
  const { mountpoint, version } = controller
  const control = join(mountpoint, 'cgroup.subtree_control')
  if (version === 2 && !wordsIn(control).includes('cpu'))
    return `groups below ${mountpoint} have no CPU controller; turn it on with: echo +cpu > ${control}`
  try {
    accessSync(mountpoint, constants.W_OK)
    return null
  } catch (error) {
    return `groups cannot be made in ${mountpoint} (${(error as NodeJS.ErrnoException).code}): it takes root, and a cgroup file system that is not read-only`
  }
}

/**
 * CPU groups for the pods of a run on `local`, side by side and with equal weights, as kubelet gives them to pods of one quality-of-service
 * class. Without them each pod is a session of its own, and only the kernel says how sessions share the CPUs. A group is called
 * `pod<uid>`. Disposing puts the processes back where they were, and removes the groups.
 */
export class CpuGroups implements AsyncDisposable {
  readonly #controller: Controller
  readonly #folder: string
  /** Where the processes of each group were. */
  readonly #places = new Map<string, string>()

  private constructor(controller: Controller, folder: string) {
    this.#controller = controller
    this.#folder = folder
  }

  /** @throws ClusterError CLUSTER_UNAVAILABLE where there can be none. */
  static open({ runId, owner }: Pick<ClusterRef, 'runId' | 'owner'>): CpuGroups {
    const missing = cpuGroupsMissing()
    const controller = cpuController()
    if (missing !== null || controller === null)
      throw new ClusterError('CLUSTER_UNAVAILABLE', missing ?? 'no controller')
    const name = `${prefix}${owner.pid}-${owner.startTime ?? ''}-${runId}-`
    const folder = mkdtempSync(join(controller.mountpoint, name))
    if (controller.version === 2) writeFileSync(join(folder, 'cgroup.subtree_control'), '+cpu')
    return new CpuGroups(controller, folder)
  }

  /** Puts the processes of a pod into its group. One that has ended meanwhile is none. */
  put(podUid: string, pids: readonly number[]): void {
    const group = join(this.#folder, `pod${podUid}`)
    mkdirSync(group, { recursive: true })
    for (const pid of pids) {
      const place = placeOf(pid, this.#controller)
      if (place !== null && move(pid, group) && !this.#places.has(group)) this.#places.set(group, place)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await removeGroups(this.#folder, (group) => this.#places.get(group) ?? this.#controller.mountpoint)
  }
}

/** Groups of runs whose process is gone. */
export function orphanGroups(): { runId: string; owner: Owner; reap(): Promise<void> }[] {
  const controller = cpuController()
  if (controller === null) return []
  const { mountpoint } = controller
  return foldersIn(mountpoint).flatMap((folder) => {
    const [, pid, startTime, runId] = /^meshmark-(\d+)-(\d*)-(.+)-\w{6}$/.exec(basename(folder)) ?? []
    if (runId === undefined) return []
    const owner = { pid: Number(pid), startTime: startTime || null }
    return isAlive(owner) ? [] : [{ runId, owner, reap: () => removeGroups(folder, () => mountpoint) }]
  })
}

/** Puts what is in the groups of a folder back to its place, and removes them. What has been killed may take a moment to leave. */
async function removeGroups(folder: string, placeOfGroup: (group: string) => string): Promise<void> {
  const deadline = performance.now() + removeLimitMs
  for (;;) {
    try {
      for (const group of foldersIn(folder)) {
        for (const pid of wordsIn(join(group, 'cgroup.procs'))) move(Number(pid), placeOfGroup(group))
        rmdirSync(group)
      }
      return rmdirSync(folder)
    } catch (cause) {
      const { code, message } = cause as NodeJS.ErrnoException
      if (code === 'ENOENT') return
      if (code !== 'EBUSY' || performance.now() > deadline)
        throw new ClusterError('CLUSTER_NOT_REMOVED', `CPU group ${folder} could not be removed: ${message}`, { cause })
    }
    await sleep(20)
  }
}

/** False of a process that has ended. */
function move(pid: number, group: string): boolean {
  try {
    writeFileSync(join(group, 'cgroup.procs'), String(pid))
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
    throw error
  }
}

/** The folder of a process's group; null where it has ended, or its group is not to be seen from here. */
function placeOf(pid: number, { mountpoint, root, version }: Controller): string | null {
  for (const line of linesOf(`/proc/${pid}/cgroup`)) {
    const [, controllers = '', path = ''] = /^\d+:([^:]*):(.*)$/.exec(line) ?? []
    if (version === 2 ? controllers !== '' : !controllers.split(',').includes('cpu')) continue
    if (root === '/') return join(mountpoint, path)
    return path === root || path.startsWith(`${root}/`) ? join(mountpoint, path.slice(root.length)) : null
  }
  return null
}

/** By /proc/self/mountinfo: `id parent device root mountpoint options … - type source super`. */
function cpuController(): Controller | null {
  const mounts = linesOf('/proc/self/mountinfo').map((line) => {
    const [before = '', after = ''] = line.split(' - ')
    const [, , , root = '/', mountpoint = ''] = before.split(' ')
    const [type = '', , options = ''] = after.split(' ')
    return { root, mountpoint, type, options: options.split(',') }
  })
  const v1 = mounts.find(({ type, options }) => type === 'cgroup' && options.includes('cpu'))
  if (v1) return { root: v1.root, mountpoint: v1.mountpoint, version: 1 }
  const v2 = mounts.find(
    ({ type, mountpoint }) => type === 'cgroup2' && wordsIn(join(mountpoint, 'cgroup.controllers')).includes('cpu'),
  )
  return v2 ? { root: v2.root, mountpoint: v2.mountpoint, version: 2 } : null
}

function foldersIn(folder: string): string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true })
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(folder, name))
  } catch {
    return []
  }
}

const wordsIn = (file: string) => linesOf(file).flatMap((line) => line.split(/\s+/).filter(Boolean))

function linesOf(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n').filter(Boolean)
  } catch {
    return []
  }
}
