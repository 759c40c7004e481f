import { readFileSync, rmSync } from 'node:fs'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { type FoundProgram, findProgram } from '../../clusters/program.ts'
import type { LoadResult } from '../../reports/load-result.ts'
import { HarnessError } from '../errors.ts'
import type { LoadTool, ToolLoad } from './tool.ts'

/** Starting and ending, beyond the load and the last timeouts. */
const slackMs = 10_000
const mostOutputBytes = 100_000_000
/** Settings of ours would change the tool's. */
const inherited = ['PATH', 'HOME', 'TMPDIR'] as const
const warmUpNote = 'the warm-up is a run of its own: the measured part opens its connections anew'
const cpuNote = "the generator's CPU is that of the whole process, its start and end included"

export interface RunToolOptions {
  signal?: AbortSignal
  /** Command that starts the tool: `['taskset', '-c', '1']`. It must become the tool itself. */
  prefix?: readonly string[]
}

/** Of rates, tools keep only those that are one number. */
type UnratedLoad = Omit<ToolLoad, 'rate'> & { rate?: number | object | undefined; warmUpMs: number }

/**
 * Makes a load with a tool of this machine: first the warm-up, in a run of its own, then the measured part. The calling process
 * must not wait for other children meanwhile, or their CPU time is taken for the tool's.
 * Throws HarnessError LOAD_FAILED when the tool is not there, fails, takes too long, or writes no result.
 */
export async function runLoadTool(
  tool: LoadTool,
  { rate, ...shape }: UnratedLoad,
  options: RunToolOptions = {},
): Promise<LoadResult> {
  const { name } = tool.program
  if (typeof rate === 'object')
    throw new HarnessError('CONFIG_INVALID', `${name} keeps a constant rate, not ${JSON.stringify(rate)}`)
  const load = { ...shape, rate }
  const { found, rejected } = await findProgram(tool.program, [])
  if (!found) throw new HarnessError('LOAD_FAILED', [`no ${name} on PATH: ${tool.remedy}`, ...rejected].join('; '))
  const warmUp = load.warmUpMs > 0 ? await runOnce(tool, found, { ...load, durationMs: load.warmUpMs }, options) : null
  const { result, cpuMs, command } = await runOnce(tool, found, load, options)
  const sentBefore = warmUp ? warmUp.result.requests + warmUp.result.warmUpRequests : 0
  return {
    ...result,
    warmUpRequests: result.warmUpRequests + sentBefore,
    ...(result.connections === undefined
      ? {}
      : { connections: result.connections + (warmUp?.result.connections ?? 0) }),
    cpuUsPerRequest: cpuMs === null || result.requests === 0 ? null : (cpuMs * 1000) / result.requests,
    tool: {
      name,
      version: found.version,
      command,
      distortions: [...tool.distortions, ...(cpuMs === null ? [] : [cpuNote]), ...(warmUp ? [warmUpNote] : [])],
    },
  }
}

async function runOnce(
  tool: LoadTool,
  { file }: FoundProgram,
  load: ToolLoad,
  { signal, prefix = [] }: RunToolOptions,
): Promise<{ result: LoadResult; cpuMs: number | null; command: string }> {
  const dir = await mkdtemp(join(tmpdir(), 'meshmark-tool-'))
  const remove = () => rmSync(dir, { recursive: true, force: true })
  // A signal ends the process in the middle.
  process.once('exit', remove)
  try {
    const { args, env = {}, files = {} } = tool.command(load, dir)
    for (const [name, text] of Object.entries(files)) await writeFile(join(dir, name), text)
    const [program, ...rest] = [...prefix, file, ...args] as [string, ...string[]]
    const before = childrenCpuMs()
    const ended = await execa(program, rest, {
      extendEnv: false,
      env: { ...Object.fromEntries(inherited.map((one) => [one, process.env[one]])), ...env },
      cwd: dir,
      stdin: 'ignore',
      timeout: load.durationMs + 2 * load.timeoutMs + slackMs,
      maxBuffer: mostOutputBytes,
      reject: false,
      ...(signal === undefined ? {} : { cancelSignal: signal }),
    })
    const after = childrenCpuMs()
    if (ended.isCanceled) throw new HarnessError('LOAD_FAILED', 'the load was cancelled', { cause: signal?.reason })
    if (ended.failed) {
      const tail = `${ended.stdout.slice(-1000)}\n${ended.stderr.slice(-1000)}`.trim()
      throw new HarnessError('LOAD_FAILED', `${ended.shortMessage}\n${tail}`, { cause: ended })
    }
    const result = await tool.parse({ stdout: ended.stdout, dir }, load)
    return { result, cpuMs: before === null || after === null ? null : after - before, command: ended.escapedCommand }
  } finally {
    process.off('exit', remove)
    remove()
  }
}

const msPerTick = 10

/** CPU time of the children that have ended and been waited for (proc(5): cutime and cstime); null where there is no /proc. */
function childrenCpuMs(): number | null {
  try {
    const stat = readFileSync('/proc/self/stat', 'utf8')
    // The second field, the program's name, may hold spaces.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return (Number(fields[13]) + Number(fields[14])) * msPerTick
  } catch {
    return null
  }
}
