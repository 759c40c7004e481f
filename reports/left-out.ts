import { type Reason, reasonTexts } from './reasons.ts'
import type { Experiment, Trial } from './record.ts'
import { isOfUnits } from './units.ts'

/** What does not count, and why, each reason once. */
export interface LeftOut {
  /** "2 units", "trials 1, 4 of envoy". */
  what: string
  why: string
}

/** Units that verdicts left out, by reason; then trials that cannot be trusted, those with the same reasons together. */
export function leftOutOf({ arms, verdicts, ...experiment }: Experiment): LeftOut[] {
  const units = new Map<string, number>()
  for (const { reason, units: count } of verdicts.flatMap(({ leftOut = [] }) => leftOut))
    units.set(reason.text, Math.max(units.get(reason.text) ?? 0, count))
  const invalid = arms
    .flatMap(({ trials }) => trials)
    .filter(({ validity }) => !validity.valid)
    .toSorted((a, b) => a.index - b.index)
  const alike = Map.groupBy(invalid, ({ arm, validity }) => [arm, ...validity.reasons.map(keyOf)].join('; '))
  const name = isOfUnits(experiment) ? 'deployment' : 'trial'
  return [
    ...[...units].map(([why, count]) => ({ what: `${count} unit${count === 1 ? '' : 's'}`, why })),
    ...[...alike.values()].map((trials) => ({ what: whichOf(trials, name), why: whyOf(trials) })),
  ]
}

/** Reasons that differ in their figures are alike; those of an old record have no code to know them by. */
const keyOf = ({ code, text }: Reason) => (code === 'v1' ? text : code)

function whichOf(trials: readonly Trial[], name: string): string {
  const numbers = trials.map(({ index, block }) => (name === 'deployment' ? block : index))
  return `${name}${trials.length === 1 ? '' : 's'} ${numbers.join(', ')} of ${trials[0]?.arm}`
}

function whyOf(trials: readonly Trial[]): string {
  const texts = [...new Set(trials.map(({ validity }) => reasonTexts(validity.reasons) || 'no reason recorded'))]
  return texts.length === 1 ? `${texts[0]}` : `${texts[0]}, and the like`
}
