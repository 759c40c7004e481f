import { $ } from 'zx/core'

/** Runs a bash command line, every argument quoted, and answers its trimmed stdout. */
export type Run = (pieces: TemplateStringsArray, ...args: (string | readonly string[])[]) => Promise<string>

const tailLines = 12

/** A command that failed: its line as it can be pasted, and the last of what it said. */
export class CommandError extends Error {
  constructor(commandLine: string, ending: string, output: string) {
    const tail = output.trim().split('\n').slice(-tailLines).join('\n  ')
    super(`${ending}\n  $ ${commandLine.trim()}\n  ${tail === '' ? '(no output)' : tail}`)
    this.name = 'CommandError'
  }
}

/** Commands that end, with all they started, when the signal is aborted. */
export function shell(signal?: AbortSignal): Run {
  const start = $({ quiet: true, nothrow: true, stdio: ['ignore', 'pipe', 'pipe'], ...(signal ? { signal } : {}) })
  return async (pieces, ...args) => {
    signal?.throwIfAborted()
    const running = start(pieces, ...args)
    const { cmd } = running
    const result = await running
    signal?.throwIfAborted()
    if (result.ok) return result.stdout.trim()
    const ending = result.signal ? `signal ${result.signal}` : `exit code ${result.exitCode}`
    throw new CommandError(cmd, ending, `${result.stdout}\n${result.stderr}`)
  }
}
