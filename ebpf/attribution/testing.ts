import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { onTestFinished, type TestContext, vi } from 'vitest'
import type { PodFacts } from './pods.ts'
import { statOf } from './process.ts'

export const containerId = () => randomBytes(32).toString('hex')

/** A pod of one container, that no cluster has. */
export function testPod(name: string, more: Partial<PodFacts> = {}): PodFacts & { path: string } {
  const uid = more.uid ?? randomUUID()
  const containers = more.containers ?? [{ name: 'app', id: containerId() }]
  const slice = `kubepods-burstable-pod${uid.replaceAll('-', '_')}.slice`
  const path = `kubepods.slice/kubepods-burstable.slice/${slice}/cri-containerd-${containers[0]?.id}.scope`
  return { namespace: 'test', name, labels: { app: name }, hostNetwork: false, ...more, uid, containers, path }
}

/** The first hierarchy of control groups, or that of a controller, in which we may make groups; null where there is none. */
function hierarchy(controller?: 'cpu'): string | null {
  for (const line of readFileSync('/proc/self/mounts', 'utf8').split('\n')) {
    const [, folder = '', type = '', options = ''] = line.split(' ')
    // A new group of cpuset takes no process before it has been given its cores.
    if (!/^cgroup2?$/.test(type) || options.split(',').includes('cpuset')) continue
    if (type === 'cgroup' && controller && !options.split(',').includes(controller)) continue
    const attempt = join(folder, `meshmark-test-${randomBytes(4).toString('hex')}`)
    try {
      mkdirSync(attempt)
      rmdirSync(attempt)
      return folder
    } catch {
      // Not ours to write to.
    }
  }
  return null
}

export const isOnPath = (name: string) =>
  (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, name)))

/** Skips a test where it cannot make processes that look like those of pods. */
export function needsPods({ skip }: Pick<TestContext, 'skip'>): void {
  if (process.platform !== 'linux') skip('there is no /proc here: run it on Linux')
  if (process.getuid?.() !== 0) skip('control groups and network namespaces are made by root: run it as root')
  const missing = ['unshare', 'nsenter'].filter((name) => !isOnPath(name))
  if (missing.length > 0) skip(`${missing.join(' and ')} not on PATH: install util-linux`)
  if (hierarchy() === null) skip('no hierarchy of control groups can be written: mount one, or leave the container')
}

export interface TestProcess {
  pid: number
  /** Goes on as another program. */
  become(command: string[]): Promise<void>
  end(): Promise<void>
}

const patience = { timeout: 10_000 }
const toSleep = ['sleep', '600']
export const inOwnNetwork = ['unshare', '--net', ...toSleep]
export const inNetworkOf = ({ pid }: { pid: number }) => ['nsenter', `--net=/proc/${pid}/ns/net`, ...toSleep]

/** A real process in a real control group of this path, both gone after the test. It waits for what it is to `become`. */
export async function inGroup(path: string, controller?: 'cpu'): Promise<TestProcess> {
  const root = join(hierarchy(controller) as string, `meshmark-test-${randomBytes(4).toString('hex')}`)
  const group = join(root, path)
  mkdirSync(group, { recursive: true })
  const started = await waiting()
  onTestFinished(async () => {
    await started.end()
    await vi.waitFor(() => {
      for (let folder = group; folder !== dirname(root); folder = dirname(folder)) rmdirSync(folder)
    }, patience)
  })
  writeFileSync(join(group, 'cgroup.procs'), String(started.pid))
  return started
}

/** A real process of this machine, gone after the test. */
export async function running(command: string[] = toSleep): Promise<TestProcess> {
  const started = await waiting()
  onTestFinished(() => started.end())
  await started.become(command)
  return started
}

async function waiting(): Promise<TestProcess> {
  const child: ChildProcess = spawn('sh', ['-c', 'read -r line; exec $line'], { stdio: ['pipe', 'ignore', 'inherit'] })
  await once(child, 'spawn')
  const pid = child.pid as number
  return {
    pid,
    async become(command) {
      child.stdin?.end(`${command.join(' ')}\n`)
      await vi.waitFor(() => {
        if (statOf(pid)?.command !== 'sleep') throw new Error('it is not there yet')
      }, patience)
    },
    async end() {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
}
