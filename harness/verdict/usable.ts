import type { Indicator } from '../../reports/indicators.ts'
import { whole } from '../../reports/numbers.ts'
import { type Reason, reason } from '../../reports/reasons.ts'
import type { Arm, Trial } from '../../reports/record.ts'

/** The values of an arm's trials that count, and why others do not. */
export interface Usable {
  values: number[]
  left: { reason: Reason; trial: number }[]
}

/**
 * The indicator's value in each trial that can be trusted. Send lag is part of every latency, so a trial whose send-lag p99 is above
 * `lagLimit` (in the indicator's unit) does not count. Error rates count every trial: errors are what spoils one.
 */
export function usableValues({ trials }: Pick<Arm, 'trials'>, indicator: Indicator, lagLimit: number): Usable {
  const usable: Usable = { values: [], left: [] }
  for (const trial of trials) {
    const reasons = [
      ...(indicator.counts ? [] : trial.validity.reasons),
      ...(indicator.sendLag ? lagging(trial, lagLimit * (indicator.unit === 'ms' ? 1000 : 1)) : []),
    ]
    const value = indicator.of(trial)
    if (value !== null && reasons.length === 0) usable.values.push(value)
    else {
      const why = reasons.length > 0 ? reasons : [reason('not_measured', `${indicator.name} was not measured`)]
      usable.left.push(...why.map((one) => ({ reason: one, trial: trial.index })))
    }
  }
  return usable
}

function lagging({ load }: Trial, limitUs: number): Reason[] {
  const lagUs = load.sendLag.p99Us
  if (lagUs === null || limitUs <= 0 || lagUs <= limitUs) return []
  return [
    reason(
      'send_lag',
      `send-lag p99 above ${limitUs < 1000 ? Number(limitUs.toPrecision(3)) : whole(limitUs)} µs, a tenth of the limit`,
    ),
  ]
}

/** So many different texts of one code are quoted. */
const quoted = 2

/** Why trials were left out, a line for each reason with its trials; of one code the first few texts, then only the trials. */
export function leftOutLines(left: Usable['left']): string[] {
  const byCode = Map.groupBy(left, ({ reason: { code } }) => code)
  return [...byCode.values()].flatMap((alike) => {
    const byText = [...Map.groupBy(alike, ({ reason: { text } }) => text)]
    const lines = byText.slice(0, quoted).map(([text, of]) => `${text} (${listed(of)})`)
    const rest = byText.slice(quoted).flatMap(([, of]) => of)
    return rest.length === 0 ? lines : [...lines, `and the like (${listed(rest)})`]
  })
}

function listed(left: Usable['left']): string {
  const trials = left.map(({ trial }) => trial)
  return `${trials.length === 1 ? 'trial' : 'trials'} ${trials.join(', ')}`
}
