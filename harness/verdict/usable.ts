import type { Indicator } from '../../reports/indicators.ts'
import { type Reason, reason } from '../../reports/reasons.ts'
import type { Arm, Trial } from '../../reports/record.ts'

/** Why a trial cannot be trusted for this indicator. Failures are counted whatever spoiled the trial: they are what spoils one. */
export const distrust = ({ validity }: Trial, indicator: Indicator): Reason[] =>
  indicator.counts ? [] : validity.reasons

/** Whether the evidence of a trial does not fit its arm: then no failure says nothing, either. */
export const mismatches = ({ validity }: Trial) => validity.reasons.some(({ code }) => code === 'evidence_mismatch')

/** The values of an arm's trials that count, and why others do not. */
export interface Usable {
  values: number[]
  left: Left[]
}

export interface Left {
  reason: Reason
  trial: number
}

/** The indicator's value in each trial that can be trusted. */
export function usableValues({ trials }: Pick<Arm, 'trials'>, indicator: Indicator): Usable {
  const usable: Usable = { values: [], left: [] }
  for (const trial of trials) {
    const reasons = distrust(trial, indicator)
    const value = indicator.of(trial)
    if (value !== null && Number.isFinite(value) && reasons.length === 0) usable.values.push(value)
    else {
      const why = reasons.length > 0 ? reasons : [reason('not_measured', `${indicator.name} was not measured`)]
      usable.left.push(...why.map((one) => ({ reason: one, trial: trial.index })))
    }
  }
  return usable
}

/** So many different texts of one code are quoted. */
const quoted = 2

/** Why trials were left out, a line for each reason with its trials; of one code the first few texts, then only the trials. */
export function leftOutLines(left: readonly Left[], word = 'trial'): string[] {
  const byCode = Map.groupBy(left, ({ reason: { code } }) => code)
  const listed = (of: readonly Left[]) =>
    `${of.length === 1 ? word : `${word}s`} ${of.map(({ trial }) => trial).join(', ')}`
  return [...byCode.values()].flatMap((alike) => {
    const byText = [...Map.groupBy(alike, ({ reason: { text } }) => text)]
    const lines = byText.slice(0, quoted).map(([text, of]) => `${text} (${listed(of)})`)
    const rest = byText.slice(quoted).flatMap(([, of]) => of)
    return rest.length === 0 ? lines : [...lines, `and the like (${listed(rest)})`]
  })
}
