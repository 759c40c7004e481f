import { createInterface } from 'node:readline'
import { execa, execaSync } from 'execa'
import { z } from 'zod'
import { SchedulerError } from '../input.ts'
import type { ProcessId } from '../process.ts'
import { attributesProgram } from './attributes-program.ts'
import type { Attributes } from './wanted.ts'

/** What a process's threads are to get. */
export interface Change {
  /** For every thread that `threads` does not name. */
  to: Attributes
  threads: Readonly<Record<string, Attributes>>
  /** Threads that have none of these are left as they are: somebody else set them. Null: all are changed. */
  only: readonly Attributes[] | null
}

export interface Visit extends ProcessId {
  /** Null: its attributes are read and left. */
  set: Change | null
}

export interface Visited {
  /** Whether the kernel takes slices: since Linux 6.12. */
  slices: boolean
  /** In the order of the visits: what each thread had before, or why the process could not be visited. */
  processes: ({ threads: Record<string, Attributes> } | { error: string })[]
}

const attributes = z.tuple([z.number(), z.number(), z.number()])
const answer = z.object({
  slices: z.boolean(),
  processes: z.array(
    z.union([z.object({ threads: z.record(z.string(), attributes) }), z.object({ error: z.string() })]),
  ),
})

const command = 'python3'
const args = ['-I', '-S', '-c', attributesProgram]
const timeoutMs = 60_000

/**
 * Reads and changes how all threads of processes are scheduled. Its program stays between the visits: on a machine whose CPUs are
 * fought for, which is where strategies are used, starting Python takes longer than all else.
 */
export class Visitor {
  #python: ReturnType<typeof start> | null = null

  /**
   * One visit at a time.
   *
   * @throws SchedulerError SCHEDULER_UNAVAILABLE when there is no Python, or it fails.
   */
  async visit(visits: readonly Visit[]): Promise<Visited> {
    this.#python ??= start()
    const { ended, lines, stdin } = this.#python
    const timer = setTimeout(() => this.end(), timeoutMs)
    stdin.write(`${JSON.stringify(visits)}\n`)
    const { value } = await lines.next()
    clearTimeout(timer)
    if (typeof value === 'string') return answer.parse(JSON.parse(value))
    this.#python = null
    throw failure(await ended)
  }

  /** Ends the program at once, in the middle of a visit as well. The next visit starts another. */
  end() {
    this.#python?.kill()
    this.#python = null
  }
}

/** The same, for the end of this process. */
export function visitSync(visits: readonly Visit[]): Visited {
  const input = `${JSON.stringify(visits)}\n`
  const ended = execaSync(command, args, { input, reject: false, timeout: timeoutMs })
  if (ended.failed) throw failure(ended)
  return answer.parse(JSON.parse(ended.stdout))
}

function start() {
  const python = execa(command, args, { stdin: 'pipe', reject: false, buffer: { stdout: false } })
  // What it does not take is said by its end.
  python.stdin.on('error', () => {})
  const lines = createInterface({ input: python.stdout })[Symbol.asyncIterator]()
  return { ended: python, lines, stdin: python.stdin, kill: () => python.kill('SIGKILL') }
}

function failure({ code, stderr }: { code?: string | undefined; stderr: string }): SchedulerError {
  const why =
    code === 'ENOENT'
      ? 'strategies are applied with Python 3: install python3'
      : `${command} failed: ${stderr.trim().slice(-500) || code || 'it said nothing'}`
  return new SchedulerError('SCHEDULER_UNAVAILABLE', why)
}
