import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type MetricName, metricNames, metrics, type Values } from './definitions.ts'

/** What a kernel tells by itself. Every metric is in `values` or, with the reason, in `absent`. */
export interface KernelReading {
  origin: 'kernel'
  values: Values
  absent: Partial<Record<MetricName, string>>
}

type Found = Values | string

/**
 * Reads what can be known without a scheduler that sends metrics. `nr_online_cpus` means the same in both; what else the kernel
 * counts has names of its own. `root` is where `proc` and `sys` are mounted.
 */
export async function readKernel(root = '/'): Promise<KernelReading> {
  const read = async (file: string, parse: (text: string) => Values, remedy: string): Promise<Found> => {
    try {
      return parse(await readFile(join(root, file), 'utf8'))
    } catch (cause) {
      return `/${file} cannot be read (${(cause as NodeJS.ErrnoException).code ?? (cause as Error).message}): ${remedy}`
    }
  }
  const noSource = 'only Linux has it'
  const found: [names: MetricName[], Found][] = [
    [['nr_online_cpus'], await read('sys/devices/system/cpu/online', onlineCpus, noSource)],
    [['kernel_runnable_tasks', 'kernel_context_switches'], await read('proc/stat', stat, noSource)],
    [['kernel_cpu_stalled_us'], await read('proc/pressure/cpu', pressure, 'boot with psi=1')],
    [
      ['kernel_run_ns', 'kernel_wait_ns', 'kernel_slices'],
      await read('proc/schedstat', schedstat, 'it takes a kernel with CONFIG_SCHEDSTATS'),
    ],
  ]
  const values: Values = Object.assign({}, ...found.map(([, one]) => (typeof one === 'string' ? {} : one)))
  const missing = found.flatMap(([names, one]) => (typeof one === 'string' ? names.map((name) => [name, one]) : []))
  const unsent = metricNames.filter((name) => metrics[name].origin === 'scheduler' && name !== 'nr_online_cpus')
  const why = unsent.map((name) => [name, 'only a userspace scheduler (sched_ext) knows it, and none sends metrics'])
  return { origin: 'kernel', values, absent: Object.fromEntries([...why, ...missing]) }
}

/** Parses a list such as `0-3,8`. */
function onlineCpus(text: string): Values {
  const ranges = text
    .trim()
    .split(',')
    .map((range) => range.split('-').map(Number))
  const counts = ranges.map(([first = Number.NaN, last = first]) => last - first + 1)
  return { nr_online_cpus: BigInt(counts.reduce((sum, count) => sum + count, 0)) }
}

function stat(text: string): Values {
  return {
    kernel_runnable_tasks: numberAfter('procs_running ', text),
    kernel_context_switches: numberAfter('ctxt ', text),
  }
}

const pressure = (text: string): Values => ({ kernel_cpu_stalled_us: numberAfter('some .*total=', text) })

/** The last three of a CPU's nine numbers: ns run, ns waited, slices (Documentation/scheduler/sched-stats.rst). */
function schedstat(text: string): Values {
  const cpus = text.split('\n').filter((line) => /^cpu\d+ /.test(line))
  if (cpus.length === 0) throw new Error('it names no CPU')
  const sum = (field: number) =>
    cpus.map((line) => numbers(line.replace(/^\S+/, ''))[field] ?? 0n).reduce((all, one) => all + one)
  return { kernel_run_ns: sum(6), kernel_wait_ns: sum(7), kernel_slices: sum(8) }
}

function numberAfter(pattern: string, text: string): bigint {
  const [, found] = new RegExp(`^${pattern}(\\d+)`, 'm').exec(text) ?? []
  if (found === undefined) throw new Error(`it has no line ${pattern}`)
  return BigInt(found)
}

const numbers = (text: string) => (text.match(/\d+/g) ?? []).map(BigInt)
