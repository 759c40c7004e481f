import { z } from 'zod'
import { EbpfError } from '../errors.ts'
import type { Attachment, EventSource, Probe, ProbeCost, Reading, Sources, Unit } from '../probe.ts'
import { type Needs, preflight } from './preflight.ts'
import { type Counted, type RunningProgram, startProgram } from './program.ts'
import { programFile } from './program-file.ts'
import { keepsRunTimes } from './run-times.ts'
import { seriesOf } from './series.ts'

/** What makes a probe out of the program `ebpf/programs/NAME.bt`. */
export interface ProbeDefinition {
  name: string
  description: string
  unit: Unit
  /** Absent: processes. */
  sources?: Sources
  /** Besides the end of processes, which all programs watch for. */
  needs: Needs
  /** What the program's numbers of kinds mean, where there is more than one kind. Asked for once, at the end. */
  kinds?: () => readonly string[] | ((kind: number) => string)
}

/** For the sources of a whole machine: hundreds of processes, some twenty buckets and kinds each. A full map takes some MB a CPU. */
const mapKeys = 65_536

const target = z.strictObject({
  pid: z
    .int({ error: 'a process id' })
    .min(1, 'a process id, from 1')
    .max(2 ** 22, 'a process id, at most 4194304')
    .optional(),
  netns: z
    .int({ error: 'an inode' })
    .min(1, 'an inode, from 1')
    .max(2 ** 32 - 1, 'an inode of 32 bits')
    .optional(),
})

/** A probe whose bpftrace program keeps to the maps that `seriesOf` reads. */
export function bpftraceProbe(definition: ProbeDefinition): Probe {
  const { name, description, unit, needs, sources = 'processes' } = definition
  return {
    ...{ description, unit, sources },
    available: (options) => preflight({ ...needs, 'sched:sched_process_exit': [] }, options),
    async attach(input = {}) {
      const { pid = 0, netns = 0 } = parseTarget(name, input)
      const program = await startProgram(programFile(name), { parameters: [pid, netns], mapKeys })
      return attachment(definition, program)
    },
  }
}

function parseTarget(name: string, input: EventSource): z.output<typeof target> {
  const parsed = target.safeParse(input, { reportInput: true })
  if (parsed.success) return parsed.data
  const wrong = parsed.error.issues.map(
    (issue) => `  ${issue.path.join('.') || '(value)'}: received ${JSON.stringify(issue.input)}; ${issue.message}`,
  )
  throw new EbpfError('EBPF_TARGET_INVALID', `target of probe ${name}: ${wrong.length} wrong\n${wrong.join('\n')}`)
}

function attachment(definition: ProbeDefinition, program: RunningProgram): Attachment {
  const keptRunTimes = keepsRunTimes()
  const reading = async (counted: () => Promise<Counted>) => {
    const keepsThem = keptRunTimes && keepsRunTimes()
    return readingOf(definition, await counted(), keepsThem)
  }
  return {
    read: () => reading(program.read),
    detach: () => reading(program.stop),
    [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
  }
}

function readingOf({ name, unit, kinds }: ProbeDefinition, counted: Counted, keepsRunTimes: boolean): Reading {
  if (counted.output === null) return { probe: name, series: null, reason: counted.reason }
  const { output, seconds, counters } = counted
  const names = kinds?.() ?? [name]
  const kindOf = typeof names === 'function' ? names : (kind: number) => names[kind] ?? String(kind)
  const cost: ProbeCost | null =
    keepsRunTimes && counters ? { runTimeMs: counters.runTimeNs / 1e6, runs: counters.runs } : null
  return {
    ...{ probe: name, unit, seconds, series: seriesOf(output, kindOf) },
    ...{ missedEvents: counters?.missedEvents ?? null, lostEvents: output.lostEvents, cost },
    ...{ failedUpdates: output.failedUpdates, bpftraceMs: counters?.processMs ?? null },
  }
}
