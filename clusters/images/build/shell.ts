import { delimiter } from 'node:path'
import { $ } from 'zx/core'

/** Runs a bash command line, every argument quoted, and returns its trimmed stdout. */
export type Shell = (pieces: TemplateStringsArray, ...args: (string | readonly string[])[]) => Promise<string>

const tailLines = 12

/** A command that failed: its line as it can be pasted, and the end of its output. */
class CommandError extends Error {
  constructor(commandLine: string, ending: string, output: string) {
    const tail = output.trim().split('\n').slice(-tailLines).join('\n  ')
    super(`${ending}\n  $ ${commandLine.trim()}\n  ${tail === '' ? '(no output)' : tail}`)
    this.name = 'CommandError'
  }
}

const graceMs = 5000

/** Where the commands' programs are looked for: also where Debian keeps root's, which is not on every user's PATH. */
export function searchPath({ PATH = '' }: NodeJS.ProcessEnv = process.env): string {
  return [PATH, '/usr/sbin', '/sbin'].join(delimiter)
}

/** Commands that end, with all they started, when the signal is aborted. */
export function shell(signal?: AbortSignal): Shell {
  // Each leads a process group: zx's own abort ends the shell alone, and a terminal's Ctrl-C would end things twice.
  const env = { ...process.env, PATH: searchPath() }
  const start = $({ env, quiet: true, nothrow: true, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  return async (pieces, ...args) => {
    signal?.throwIfAborted()
    const running = start(pieces, ...args)
    const { cmd, pid } = running
    let timer: NodeJS.Timeout | undefined
    const end = () => {
      killGroup(pid, 'SIGTERM')
      timer = setTimeout(() => killGroup(pid, 'SIGKILL'), graceMs)
    }
    signal?.addEventListener('abort', end, { once: true })
    const result = await running
    signal?.removeEventListener('abort', end)
    clearTimeout(timer)
    signal?.throwIfAborted()
    if (result.ok) return result.stdout.trim()
    const ending = result.signal ? `signal ${result.signal}` : `exit code ${result.exitCode}`
    throw new CommandError(cmd, ending, `${result.stdout}\n${result.stderr}`)
  }
}

function killGroup(leader: number | undefined, signal: NodeJS.Signals): void {
  if (leader === undefined) return
  try {
    process.kill(-leader, signal)
  } catch {
    // It has ended already.
  }
}
