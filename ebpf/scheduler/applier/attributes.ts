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
const remedy = 'strategies are applied with Python 3: install python3'

/**
 * Reads or changes how all threads of processes are scheduled. `started` is given the way to end it at once.
 *
 * @throws SchedulerError SCHEDULER_UNAVAILABLE when there is no Python, or it fails.
 */
export async function visit(visits: readonly Visit[], started: (end: () => void) => void = () => {}): Promise<Visited> {
  const python = execa(command, args, options(visits))
  started(() => python.kill('SIGKILL'))
  return read(await python)
}

/** The same, for the end of this process. */
export function visitSync(visits: readonly Visit[]): Visited {
  return read(execaSync(command, args, options(visits)))
}

const options = (visits: readonly Visit[]) =>
  ({ input: JSON.stringify(visits), reject: false, timeout: 60_000, stripFinalNewline: false }) as const

interface Ended {
  failed: boolean
  code?: string | undefined
  stdout: string
  stderr: string
}

function read({ failed, code, stdout, stderr }: Ended): Visited {
  if (!failed) return answer.parse(JSON.parse(stdout))
  const why =
    code === 'ENOENT' ? remedy : `${command} failed: ${stderr.trim().slice(-500) || code || 'it said nothing'}`
  throw new SchedulerError('SCHEDULER_UNAVAILABLE', why)
}
