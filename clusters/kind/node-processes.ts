import { readFileSync } from 'node:fs'
import { command } from './command.ts'

/**
 * The first process of each node, as this machine numbers it; all others of the node descend from it. Null where the containers' processes
 * are not among this machine's own: on macOS, or where the engine runs somewhere else.
 */
export async function nodeProcesses(nodes: readonly string[]): Promise<number[] | null> {
  const found = await command('docker', ['inspect', '--format', '{{.Id}} {{.State.Pid}}', ...nodes]).catch(() => null)
  if (found === null) return null
  const containers = found.split('\n').map((line) => line.split(' ') as [string, string])
  // A number alone could be that of another process here.
  const visible = containers.every(([id, pid]) => controlGroupOf(pid).includes(id))
  return visible ? containers.map(([, pid]) => Number(pid)) : null
}

function controlGroupOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cgroup`, 'utf8')
  } catch {
    return ''
  }
}
