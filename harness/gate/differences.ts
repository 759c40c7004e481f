import { armFields, environmentFields, experimentFields, type Fields, versionFields } from '../../reports/likeness.ts'
import type { Experiment, RunRecord } from '../../reports/record.ts'

/** What may differ between runs that are set beside each other, where that is allowed. */
export const differenceKinds = ['hardware', 'system', 'cluster', 'versions', 'load', 'arms', 'settings'] as const
export type DifferenceKind = (typeof differenceKinds)[number]

export interface Difference {
  kind: DifferenceKind
  /** Where and what: "cpuModel", "http › an mTLS sidecar …: load.rate". */
  field: string
  /** What each side has; several values where its runs differ among themselves. Absent: the field is not there. */
  control: string[]
  candidate: string[]
}

const kinds: Record<string, DifferenceKind> = { kernel: 'system', os: 'system', cluster: 'cluster' }

function kindOf(field: string): DifferenceKind {
  if (field.startsWith('version of ')) return 'versions'
  if (/^arms?\b/.test(field)) return 'arms'
  if (field.startsWith('load')) return 'load'
  return kinds[field] ?? 'settings'
}

/**
 * What is not alike in all of these runs: machine, system, cluster, versions, and of every test that both sides have its load, arms and settings. Fields of
 * both sides are named with every value that they have.
 */
export function differencesOf(control: readonly RunRecord[], candidate: readonly RunRecord[]): Difference[] {
  const hardware = compared(control.map(environmentFields), candidate.map(environmentFields), '').map((one) =>
    kinds[one.field] ? one : { ...one, kind: 'hardware' as const },
  )
  const versions = compared(control.map(versionFields), candidate.map(versionFields), '')
  const tests = [...new Set(candidate.flatMap(({ experiments }) => experiments.map(placeOf)))]
  const ofTests = tests.flatMap((test) => {
    const of = (records: readonly RunRecord[]) =>
      records.flatMap(({ run, experiments }) =>
        // Of one that did not begin nothing is known.
        experiments
          .filter((one) => placeOf(one) === test && one.arms.length > 0)
          .map((one) => askedOf(one, run.profile)),
      )
    const [before, now] = [of(control), of(candidate)]
    return before.length === 0 || now.length === 0 ? [] : compared(before, now, `${test}: `)
  })
  return [...hardware, ...versions, ...ofTests]
}

/** Rates that were fitted come out a little different each time. */
const fittedRate = 'load, the rate fitted'
const fittedAlike = 1.1

const askedOf = (experiment: Experiment, profile: string): Fields => ({
  ...experimentFields(experiment, profile),
  ...(experiment.fitted && { [fittedRate]: String(Math.round(experiment.fitted.rate)) }),
  arms: experiment.arms.map(({ name }) => name).join(', '),
  ...Object.assign({}, ...experiment.arms.map(armFields)),
})

const placeOf = ({ suite, test }: Pick<Experiment, 'suite' | 'test'>) => `${suite} › ${test}`

function compared(control: readonly Fields[], candidate: readonly Fields[], where: string): Difference[] {
  const names = [...new Set([...control, ...candidate].flatMap((fields) => Object.keys(fields)))]
  return names.flatMap((name) => {
    const of = (all: readonly Fields[]) => [...new Set(all.map((fields) => fields[name] ?? 'none'))]
    const [before, now] = [of(control), of(candidate)]
    const all = [...new Set([...before, ...now])]
    if (all.length === 1 || (name === fittedRate && areClose(all.map(Number)))) return []
    return [{ kind: kindOf(name), field: where + name, control: before, candidate: now }]
  })
}

const areClose = (rates: readonly number[]) => Math.max(...rates) <= fittedAlike * Math.min(...rates)

/** "cpuModel: candidate "A", control "B" and "C"". */
export function differenceWords({ field, control, candidate }: Difference): string {
  const list = (values: readonly string[]) => values.map((value) => JSON.stringify(value)).join(' and ')
  return `${field}: candidate ${list(candidate)}, control ${list(control)}`
}
