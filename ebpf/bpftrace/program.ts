import { setTimeout as sleep } from 'node:timers/promises'
import { execa } from 'execa'
import { EbpfError } from '../errors.ts'
import { hasKernelNumbers } from '../pid-namespace.ts'
import { type KernelCounters, kernelCounters } from './kernel-counters.ts'
import { OutputReader, type ProgramOutput } from './output.ts'
import { bpftraceVersion, isAtLeast } from './version.ts'

/** What a program has counted, or why nobody knows. */
export type Counted =
  | { output: ProgramOutput; seconds: number; counters: KernelCounters | null }
  | { output: null; reason: string }

export interface RunningProgram extends AsyncDisposable {
  /** bpftrace's own. */
  pid: number
  /** What it has counted since it started; it goes on. */
  read(): Promise<Counted>
  /** Ends it, for good within 30 s. */
  stop(): Promise<Counted>
}

export interface ProgramOptions {
  /** The program's `$1` and `$2`: process and network namespace, 0 for any. `$3` is this process; 0, which never ends, where its number is another one. */
  parameters: readonly [number, number]
  /** How many keys each of its maps may hold. */
  mapKeys: number
}

type Child = ReturnType<typeof launch>
type Ending = Awaited<Child>

/** Verifying and attaching takes a second, on a busy machine more. */
const attachTimeoutMs = 60_000
/** Printing a full map takes a second. */
const printTimeoutMs = 20_000

/**
 * Starts a bpftrace program and waits until all of it is in the kernel. It ends by itself when this process is
 * gone (option -p of bpftrace would do that too, and since 0.23 leave out what other processes do).
 *
 * @throws EbpfError EBPF_ATTACH_FAILED where it did not start: the message has its last words and the command line.
 */
export async function startProgram(file: string, { parameters, mapKeys }: ProgramOptions): Promise<RunningProgram> {
  // Later versions report writes to full maps by themselves; their -k reports each pointer that led nowhere.
  const reportsFullMaps = isAtLeast((await bpftraceVersion()) ?? '0', [0, 23])
  const self = hasKernelNumbers() === false ? 0 : process.pid
  const args = ['-f', 'json', ...(reportsFullMaps ? [] : ['-k']), file, ...[...parameters, self].map(String)]
  const reader = new OutputReader()
  const child = launch(args, String(mapKeys))
  const ended = Promise.all([child, readLines(child, reader)]).then(([result]) => result)
  const startedMs = performance.now()
  while (!reader.attached) {
    const result = await Promise.race([ended, sleep(20)])
    const waitedMs = performance.now() - startedMs
    if (!result && (reader.attached || waitedMs < attachTimeoutMs)) continue
    child.kill('SIGKILL')
    const what = result ? howItEnded(result) : 'was not in the kernel'
    throw new EbpfError(
      'EBPF_ATTACH_FAILED',
      `bpftrace ${what} after ${(waitedMs / 1000).toFixed(1)} s: ${lastWords(reader)}\n  ${['bpftrace', ...args].join(' ')}`,
    )
  }
  return running(child, ended, reader)
}

function launch(args: readonly string[], mapKeys: string) {
  const child = execa('bpftrace', args, {
    // The second name is that of 0.20 and later.
    env: { BPFTRACE_MAP_KEYS_MAX: mapKeys, BPFTRACE_MAX_MAP_KEYS: mapKeys, __BPFTRACE_NOTIFY_PROBES_ATTACHED: '1' },
    // In a process group of its own: Ctrl-C is for us, and we end it when we have what we want.
    detached: true,
    ...{ buffer: false, reject: false, stdin: 'ignore', all: true },
  })
  // It ends by itself a second or two after us.
  const end = () => void child.kill('SIGKILL')
  process.once('exit', end)
  void child.finally(() => process.off('exit', end))
  return child
}

function running(child: Child, ended: Promise<Ending>, reader: OutputReader): RunningProgram {
  const pid = child.pid as number
  const attachedMs = performance.now()
  let own: Ending | null = null
  let stopped: Promise<Counted> | null = null
  void ended.then((result) => {
    own = result
  })
  const none = (what: string): Counted => ({ output: null, reason: `bpftrace ${what}: ${lastWords(reader)}` })
  const seconds = () => (performance.now() - attachedMs) / 1000
  const read = async (): Promise<Counted> => {
    const sofar = { seconds: seconds(), counters: kernelCounters(pid) }
    const printsBefore = reader.prints
    const startedMs = performance.now()
    child.kill('SIGUSR1')
    while (reader.prints === printsBefore && !own) {
      if (performance.now() - startedMs > printTimeoutMs)
        return none(`had printed nothing ${printTimeoutMs / 1000} s after SIGUSR1`)
      await sleep(10)
    }
    return own ? none(`${howItEnded(own)} before it was stopped`) : { output: reader.snapshot(), ...sofar }
  }
  const stop = async (): Promise<Counted> => {
    const atEnd = { seconds: seconds(), counters: kernelCounters(pid) }
    if (own) return none(`${howItEnded(own)} before it was stopped`)
    const result = await interrupted(child, ended, reader)
    if (result && result.exitCode === 0) return { output: reader.output, ...atEnd }
    child.kill('SIGKILL')
    return none(result ? howItEnded(result) : `had not ended ${printTimeoutMs / 1000} s after SIGINT, and was killed`)
  }
  return {
    pid,
    read,
    stop: () => (stopped ??= stop()),
    async [Symbol.asyncDispose]() {
      if (!stopped) child.kill('SIGKILL')
      await ended
    },
  }
}

/** Undefined where it will not end. 0.17 forgets a SIGINT that comes in the wrong moment, and is killed by one while it prints. */
async function interrupted(child: Child, ended: Promise<Ending>, reader: OutputReader): Promise<Ending | undefined> {
  const startedMs = performance.now()
  const linesBefore = reader.lines
  let result: Ending | undefined
  while (!result && performance.now() - startedMs < printTimeoutMs) {
    if (reader.lines === linesBefore) child.kill('SIGINT')
    // Nobody waits for the timer once it has ended.
    result = (await Promise.race([ended, sleep(5000, undefined, { ref: false })])) ?? undefined
  }
  return result
}

async function readLines(child: Child, reader: OutputReader): Promise<void> {
  for await (const line of child.iterable({ from: 'all' })) reader.line(line)
}

function howItEnded({ exitCode, signal, originalMessage }: Ending): string {
  if (signal !== undefined) return `ended by ${signal}`
  return exitCode === undefined ? `did not start (${originalMessage})` : `ended with exit code ${exitCode}`
}

function lastWords({ output }: OutputReader): string {
  return output.words.slice(-3).join('; ') || 'it said nothing'
}
