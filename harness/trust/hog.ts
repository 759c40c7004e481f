import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { programBeside } from '../../clusters/bundle.ts'
import { processStartTime } from '../../clusters/local/process-table.ts'

/** `steady`: half a core. `bursts`: a whole core, half of the time, 50 ms to 3 s at once. */
export const hogs = ['steady', 'bursts'] as const
export type Hog = (typeof hogs)[number]

const program = fileURLToPath(programBeside(import.meta.url, './hog-program'))

/** A running hog. Disposing it ends the hog and waits until it is gone. */
export interface RunningHog extends AsyncDisposable {
  pid: number
}

/**
 * Starts a neighbour that takes CPU time away. A shell in between makes it nobody's child: it is to be counted as foreign. It ends with
 * this process, however this one ends, because the pipe to it closes then.
 */
export async function startHog(kind: Hog, seed: number): Promise<RunningHog> {
  const shell: ChildProcess = spawn(
    '/bin/sh',
    ['-c', '"$0" "$@" <&3 >/dev/null 2>&1 & echo $!', process.execPath, program, kind, String(seed)],
    { stdio: ['ignore', 'pipe', 'inherit', 'pipe'] },
  )
  const pipe = shell.stdio[3] as Writable
  // It is closed at the other end when the hog ends first.
  pipe.on('error', () => {})
  const lines = createInterface({ input: shell.stdout as NodeJS.ReadableStream })
  const [line] = (await once(lines, 'line')) as [string]
  const pid = Number(line)
  const startTime = processStartTime(pid)
  const running = () => startTime !== null && processStartTime(pid) === startTime
  return {
    pid,
    async [Symbol.asyncDispose]() {
      pipe.end()
      for (let tries = 0; running() && tries < 100; tries++) await sleep(20)
      if (running()) process.kill(pid, 'SIGKILL')
    },
  }
}
