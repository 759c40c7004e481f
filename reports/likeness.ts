import { createHash } from 'node:crypto'
import type { Arm, Experiment, RunRecord } from './record.ts'

/** What has to be alike where figures of several runs are set beside each other: a text for each field, by its name. */
export type Fields = Readonly<Record<string, string>>

/** The machine and the cluster of a run. Memory in whole GiB: machines of one kind differ in what their firmware keeps. Kernels by their series: their patches come by themselves. */
export function environmentFields({ run, environment }: Pick<RunRecord, 'run' | 'environment'>): Fields {
  const { os, kernel, architecture, cpuModel, cores, memoryBytes, governor, virtualization } = environment
  return texts({
    ...{ cluster: run.cluster.provider, cpuModel, cores, architecture, memoryGiB: Math.round(memoryBytes / 2 ** 30) },
    ...{ kernel: kernel.split('.').slice(0, 2).join('.'), os, virtualization, governor },
  })
}

/** The versions of all that took part, by "version of envoy". */
export const versionFields = ({ environment }: Pick<RunRecord, 'environment'>): Fields =>
  Object.fromEntries(Object.entries(environment.versions).map(([name, version]) => [`version of ${name}`, version]))

/** What an experiment asked for, without its arms. Seeds are left out: they are drawn. */
export function experimentFields({ workload, load, design, unitMs, probes }: Experiment, profile: string): Fields {
  const { seed: _, ...asked } = load
  const probed = probes?.names.toSorted().join(', ')
  return texts({
    profile,
    workload,
    design: design ?? 'trials',
    unitMs,
    probes: probed || undefined,
    ...flat('load', asked),
  })
}

/** What an arm is. */
export const armFields = ({ name, mesh, mode, settings }: Arm): Fields =>
  texts({ ...flat(`arm ${name}`, { mesh, mode, ...settings }) })

/** The same fields have the same key: 12 hexadecimal digits. */
export function keyOf(...fields: readonly Fields[]): string {
  const sorted = fields.map((of) => Object.entries(of).sort(([a], [b]) => (a < b ? -1 : 1)))
  return createHash('sha256').update(JSON.stringify(sorted)).digest('hex').slice(0, 12)
}

/** Objects become fields of their own, by their path; lists stay whole. */
function flat(path: string, value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { [path]: value }
  return Object.assign({}, ...Object.entries(value).map(([name, of]) => flat(`${path}.${name}`, of)))
}

const texts = (fields: Record<string, unknown>): Fields =>
  Object.fromEntries(
    Object.entries(fields)
      .filter(([, value]) => value !== undefined && value !== null)
      .map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]),
  )
