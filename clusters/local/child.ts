import { type ChildProcess, spawn } from 'node:child_process'
import type { Program } from '../provider.ts'

/** How a program ended, in words: `exit code 3`, `signal SIGSEGV`, or why it could not be started. */
export interface Ending {
  code: number | null
  words: string
}

export interface Child {
  process: ChildProcess
  pid: number | undefined
  /** The command as it can be pasted into a shell, environment and all. */
  commandLine: string
  ended: Promise<Ending>
  hasEnded(): boolean
  /** Ends the program's process group and waits until the program is gone. Its group ends with it in any case. */
  kill(): Promise<void>
}

/** Where a child's stream leads; a number is a file descriptor of ours. */
export type StdioTarget = 'pipe' | 'ignore' | number

/** What a program needs of the user's environment; the rest (NODE_OPTIONS, …) would leak into what is measured. */
const inherited = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'TZ'] as const

/**
 * Starts a program as leader of its own process group, with a small environment of its own; on `cpus` alone, as `taskset` takes them,
 * where they are given.
 */
export function startChild(
  program: Program,
  env: Record<string, string>,
  stdio: [StdioTarget, StdioTarget, StdioTarget],
  cpus: string | null = null,
): Child {
  const [file, args] = keptTo(cpus, command(program))
  const cwd = program.folder === undefined ? {} : { cwd: program.folder }
  const child = spawn(file, args, { detached: true, stdio, env: { ...inheritedEnv(), ...env }, ...cwd })
  let ending: Ending | undefined
  const ended = new Promise<Ending>((resolve) => {
    const end = (code: number | null, words: string) => {
      ending ??= { code, words }
      resolve(ending)
    }
    child.once('error', (error) => end(null, error.message))
    child.once('exit', (code, signal) => {
      // At once, as long as the number can only mean this group.
      killGroup(child.pid)
      end(code, signal === null ? `exit code ${code}` : `signal ${signal}`)
    })
  })
  return {
    process: child,
    pid: child.pid,
    commandLine: commandLine(env, file, args),
    ended,
    hasEnded: () => ending !== undefined,
    async kill() {
      if (!ending) killGroup(child.pid)
      await ended
    },
  }
}

/**
 * Ends a whole process group at once. SIGKILL, because nothing that a pod holds outlives the run, and a program that
 * takes its time to leave would slow down every trial after it.
 */
function killGroup(leader: number | undefined): void {
  if (leader === undefined) return
  try {
    process.kill(-leader, 'SIGKILL')
  } catch {
    // The whole group has ended already.
  }
}

function command(program: Program): [string, string[]] {
  return program.kind === 'node'
    ? [process.execPath, [...(program.nodeArgs ?? []), program.file, ...(program.args ?? [])]]
    : [program.file, program.args]
}

/** By a command that becomes the program: its number stays. */
function keptTo(cpus: string | null, [file, args]: [string, string[]]): [string, string[]] {
  return cpus === null ? [file, args] : ['taskset', ['-c', cpus, file, ...args]]
}

function inheritedEnv(): Record<string, string> {
  return Object.fromEntries(inherited.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])))
}

function commandLine(env: Record<string, string>, file: string, args: string[]): string {
  const assignments = Object.entries(env).map(([name, value]) => `${name}=${quoted(value)}`)
  return [...assignments, quoted(file), ...args.map(quoted)].join(' ')
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
