import { indicatorOf, indicatorTitle } from './indicators.ts'
import { amount, decimal, median, percent, shownIn } from './numbers.ts'
import type { Experiment, Verdict } from './record.ts'
import { unitWords } from './units.ts'

/** What a difference is to be seen beside: "noise floor 0.05 ms; 0.21 ms could have been seen". Empty where neither is known. */
export function sensitivity({ unit, noiseFloor = null, smallestEffect = null }: Verdict): string {
  return [
    ...(noiseFloor === null ? [] : [`noise floor ${amount(noiseFloor, unit)}`]),
    ...(smallestEffect === null ? [] : [`${amount(smallestEffect, unit)} could have been seen`]),
  ].join('; ')
}

/** What stands behind a verdict by units, a part each: how many and of how many deployments, the calmer half of them, requests over the limit. Of a verdict beside earlier runs: how many. */
export function basis({
  kind,
  indicator,
  unit,
  units,
  baseline,
  deployments = [],
  calmer,
  overLimit,
  arm,
  over,
  measured,
  interval,
}: Verdict): string[] {
  if (baseline) return [earlierRuns(baseline)]
  if (!units) return []
  const { factor } = shownIn(unit)
  const like = factor * Math.max(...[measured ?? 0, ...(interval ?? [])].map(Math.abs))
  const figure = (value: number) => decimal(factor * value, like)
  const known = deployments.filter((value) => value !== null)
  const count = unitWords(units.count, units.lengthMs) + (measured !== null && !interval ? ', too few to tell' : '')
  const pValue = overLimit?.pValue ?? null
  return [
    deployments.length === 1 ? `${count}, one deployment` : count,
    ...(deployments.length > 1 ? [`by deployment ${known.map(figure).join(' and ')}`] : []),
    // Else a reader takes it for the highest of all.
    ...(indicatorOf(indicator)?.title === 'max' ? ['the median of their maxima'] : []),
    ...(kind === 'objective' ? ['this machine as found'] : []),
    ...(calmer
      ? [
          `calmer half ${figure(calmer.measured)}${calmer.interval ? ` [${calmer.interval.map(figure).join(', ')}]` : ''}`,
        ]
      : []),
    ...(overLimit
      ? [
          `over the limit ${percent(overLimit.arm)} of the requests of ${arm}${overLimit.over === null || over === null ? '' : `, ${percent(overLimit.over)} of ${over}`}${pValue === null ? '' : ` (${pValueWords(pValue)})`}`,
        ]
      : []),
  ]
}

/** "3 runs against 14 from 2026-11-01 to 2026-11-20". */
function earlierRuns({ runs, candidates, from, to }: NonNullable<Verdict['baseline']>): string {
  const [first, last] = [from.slice(0, 10), to.slice(0, 10)]
  const days = first === last ? `of ${first}` : `from ${first} to ${last}`
  return `${candidates} ${candidates === 1 ? 'run' : 'runs'} against ${runs} ${days}`
}

/** A p-value as people write it; its spaces do not break. */
export const pValueWords = (p: number) => (p < 0.001 ? 'p\u00a0<\u00a00.001' : `p\u00a0=\u00a0${p.toFixed(3)}`)

type Measured = Pick<Experiment, 'machine' | 'unitMs' | 'verdicts'>

/**
 * The machine in one line: "took 3 % of the time away (median of 44 units); the smallest change it could see here: 0.5 ms at p99". What
 * was taken is steal and what other programs used. Null of an experiment of trials.
 */
export function machineWords({ machine = [], unitMs = 1000, verdicts }: Measured): string | null {
  const taken = machine.flatMap(({ stealShare, foreignCpuShare }) =>
    stealShare === null && foreignCpuShare === null ? [] : [(stealShare ?? 0) + (foreignCpuShare ?? 0)],
  )
  const share = median(taken)
  const smallest = smallestChanges(verdicts)
  const parts = [
    ...(share === null
      ? []
      : [`took ${percent(Number(share.toFixed(3)))} of the time away (median of ${unitWords(taken.length, unitMs)})`]),
    ...(smallest.length === 0 ? [] : [`the smallest change it could see here: ${smallest.join(', ')}`]),
  ]
  return parts.length === 0 ? null : parts.join('; ')
}

/** By indicator, what every arm could have been told by. */
function smallestChanges(verdicts: readonly Verdict[]): string[] {
  const of = new Map<string, { value: number; unit: string }>()
  for (const { kind, indicator, unit, smallestEffect = null } of verdicts) {
    if (kind === 'objective' || kind === 'baseline' || smallestEffect === null) continue
    const key = `${unit === '×' ? 'relative ' : ''}${indicator}`
    of.set(key, { value: Math.max(of.get(key)?.value ?? 0, smallestEffect), unit })
  }
  return [...of].map(([key, { value, unit }]) => {
    const name = key.replace('relative ', '')
    return `${amount(value, unit)} ${indicatorOf(name)?.percent === undefined ? 'of' : 'at'} ${indicatorTitle(name)}`
  })
}
