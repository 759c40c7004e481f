import { indicatorOf, indicators, indicatorTitle } from './indicators.ts'
import { decimal } from './numbers.ts'
import { percentileUs } from './percentiles.ts'
import { type Pair, type RankCorrelation, rankCorrelation } from './rank-correlation.ts'
import type { Arm, Experiment } from './record.ts'
import { validTrials } from './summary.ts'
import { isOfUnits, unitsPercentileUs } from './units.ts'

/** How the tail of an arm, its units' p99, moves with what the kernel saw in the same units. */
export interface TailCorrelation extends RankCorrelation {
  /** The indicator of what the kernel saw. */
  name: string
  /** It moves with it, by the rule below. */
  strong: boolean
}

/** Fewer units say nothing, and weaker ones explain less than a quarter of the ranks' variance. */
export const fewestUnits = 16
export const leastRho = 0.5
/** One-sided, for all figures of an arm together (Bonferroni). */
export const chance = 0.01

const p99 = { distribution: 'latency', percent: 99 } as const

/** Every figure that enough units have, strongest first. Of an experiment of trials, these are its units. Throws ReportError RECORD_INVALID. */
export function tailCorrelations(experiment: Pick<Experiment, 'design'>, arm: Arm): TailCorrelation[] {
  const groups = isOfUnits(experiment) ? unitPairs(arm) : trialPairs(arm)
  const found = [...groups].flatMap(([name, pairs]) => {
    const correlation = rankCorrelation(pairs)
    return correlation && correlation.pairs >= fewestUnits ? [{ name, ...correlation }] : []
  })
  return found
    .map((one) => ({ ...one, strong: one.rho >= leastRho && one.pValue < chance / found.length }))
    .toSorted((a, b) => b.rho - a.rho)
}

/** By figure: the pairs of each deployment. */
function unitPairs(arm: Arm): Map<string, Pair[][]> {
  const groups = new Map<string, Pair[][]>()
  for (const { load, kernel } of validTrials(arm)) {
    const units = new Map(load.units?.map((unit) => [unit.index, unit]))
    const ofTrial = new Map<string, Pair[]>()
    for (const { index, values } of kernel?.units ?? []) {
      const unit = units.get(index)
      const tail = unit ? unitsPercentileUs([unit], p99) : null
      if (tail === null) continue
      for (const [name, value] of Object.entries(values))
        ofTrial.set(name, [...(ofTrial.get(name) ?? []), [tail, value]])
    }
    for (const [name, pairs] of ofTrial) groups.set(name, [...(groups.get(name) ?? []), pairs])
  }
  return groups
}

function trialPairs(arm: Arm): Map<string, Pair[][]> {
  const trials = validTrials(arm).filter(({ kernel }) => kernel)
  return new Map(
    indicators
      .filter(({ ofKernel }) => ofKernel)
      .map(({ name, of }): [string, Pair[][]] => [
        name,
        [
          trials.flatMap((trial): Pair[] => {
            const [tail, value] = [percentileUs(trial, p99), of(trial)]
            return tail === null || value === null ? [] : [[tail, value]]
          }),
        ],
      ]),
  )
}

const probeWords: Record<string, string> = {
  runqueue: 'the wait for a CPU',
  requests: 'the time that requests take at the app',
  arrival: 'the time that data lies unread',
  rtt: 'the round trip',
  syscalls: 'the number of system calls',
}

const wordsOf = (name: string) => probeWords[indicatorOf(name)?.ofKernel?.probe ?? ''] ?? indicatorTitle(name)

/** "The tail of envoy moves with the wait for a CPU (rank correlation 0.71 over 44 units)"; null where the kernel's figures have no units. */
export function likelyCause(experiment: Pick<Experiment, 'design'>, arm: Arm): string | null {
  const found = tailCorrelations(experiment, arm)
  const units = isOfUnits(experiment) ? 'units' : 'trials'
  if (found.length === 0) {
    const seen = validTrials(arm).reduce((sum, { kernel }) => sum + (kernel?.units?.length ?? 0), 0)
    const late = seen === 0 ? ': reading the probes took longer than a unit' : ''
    return validTrials(arm).some(({ kernel }) => kernel?.units)
      ? `What the tail of ${arm.name} moves with is not known: ${fewestUnits} units are needed, and ${seen} have figures${late}`
      : null
  }
  // One figure of each probe: its p50 and p99 say the same.
  const strong = found.filter(({ strong }) => strong)
  const [first, ...more] = strong.filter(
    ({ name }, i) => strong.findIndex((one) => wordsOf(one.name) === wordsOf(name)) === i,
  )
  if (!first) return `The tail of ${arm.name} moves with none of what the probes measured`
  const others = more.map(({ name, rho }) => `${wordsOf(name)} (${decimal(rho, 1)})`)
  return `The tail of ${arm.name} moves with ${wordsOf(first.name)} (rank correlation ${decimal(first.rho, 1)} over ${first.pairs} ${units})${others.length > 0 ? `, and with ${others.join(' and ')}` : ''}`
}
