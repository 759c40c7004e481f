import { PassThrough } from 'node:stream'
import type { KubeClient } from './client.ts'
import type { ContainerName } from './logs.ts'

/** What a container's cgroup has counted; null where the kernel does not say. */
export interface CgroupReading {
  cpuMs: number | null
  memoryBytes: number | null
  throttledMs: number | null
}

const cgroup = '/sys/fs/cgroup'
// Version 2, then version 1.
const files = [
  `${cgroup}/cpu.stat`,
  `${cgroup}/memory.current`,
  `${cgroup}/cpuacct/cpuacct.usage`,
  `${cgroup}/cpu/cpu.stat`,
  `${cgroup}/memory/memory.usage_in_bytes`,
]
const endMark = '.'
/** Of words that every shell has built in: it starts no process, which would cost more CPU than what is measured. */
const script =
  `while read -r _; do for file in ${files.join(' ')}; do if [ -r "$file" ]; then ` +
  `while read -r line; do echo "$file:$line"; done < "$file"; fi; done; echo ${endMark}; done`
const timeoutMs = 3000

/**
 * Reads a container's cgroup from inside, at the moment it is asked. One shell waits there for as long as the reader is
 * open: to start a command takes 15 ms of CPU, which would count as the container's own.
 */
export class CgroupReader implements Disposable {
  readonly #client: KubeClient
  readonly #at: ContainerName
  #shell: Promise<Shell> | undefined
  #closed = false

  constructor(client: KubeClient, at: ContainerName) {
    this.#client = client
    this.#at = at
  }

  /** Null when there is no shell, or none may be run. */
  async read(): Promise<CgroupReading | null> {
    // Once more, should the connection have broken since the last time.
    return (await this.#try()) ?? (await this.#try())
  }

  [Symbol.dispose](): void {
    this.#closed = true
    this.#drop()
  }

  async #try(): Promise<CgroupReading | null> {
    if (this.#closed) return null
    this.#shell ??= openShell(this.#client, this.#at)
    try {
      return readCgroup(await (await this.#shell).ask())
    } catch {
      this.#drop()
      return null
    }
  }

  #drop(): void {
    this.#shell?.then((shell) => shell.close()).catch(() => {})
    this.#shell = undefined
  }
}

interface Shell {
  ask(): Promise<string>
  close(): void
}

async function openShell(client: KubeClient, { namespace, pod, container }: ContainerName): Promise<Shell> {
  const { Exec } = await import('@kubernetes/client-node')
  const stdin = new PassThrough()
  const stdout = new PassThrough().setEncoding('utf8')
  let text = ''
  let waiting: PromiseWithResolvers<string> | undefined
  stdout.on('data', (chunk) => {
    text += chunk
    if (!text.endsWith(`${endMark}\n`)) return
    waiting?.resolve(text)
    text = ''
  })
  const end = () => waiting?.reject(new Error('the shell has ended'))
  const command = ['sh', '-c', script]
  const socket = await new Exec(client.config).exec(namespace, pod, container, command, stdout, null, stdin, false, end)
  socket.onclose = end
  let last: Promise<unknown> = Promise.resolve()
  const askNow = async () => {
    waiting = Promise.withResolvers()
    const timer = setTimeout(() => waiting?.reject(new Error('the shell does not answer')), timeoutMs)
    if (socket.readyState !== socket.OPEN) end()
    stdin.write('\n')
    return waiting.promise.finally(() => clearTimeout(timer))
  }
  return {
    ask() {
      const answer = last.then(askNow)
      last = answer.catch(() => {})
      return answer
    },
    close: () => socket.close(),
  }
}

/** Reads `file:line` of cgroup files, of either version. */
export function readCgroup(text: string): CgroupReading {
  const values = new Map<string, number>()
  for (const line of text.split('\n')) {
    const [, file, key = '', value] = /^[^:]*\/([^/:]+):(?:([a-z_.]+) )?(\d+)$/.exec(line) ?? []
    if (file) values.set(key ? `${file} ${key}` : file, Number(value))
  }
  const scaled = (name: string, scale: number) => {
    const value = values.get(name)
    return value === undefined ? null : value / scale
  }
  return {
    cpuMs: scaled('cpu.stat usage_usec', 1e3) ?? scaled('cpuacct.usage', 1e6),
    memoryBytes: scaled('memory.current', 1) ?? scaled('memory.usage_in_bytes', 1),
    throttledMs: scaled('cpu.stat throttled_usec', 1e3) ?? scaled('cpu.stat throttled_time', 1e6),
  }
}
