import { basis } from '../certainty.ts'
import { figuresOf } from '../claim.ts'
import { indicatorTitle } from '../indicators.ts'
import type { Judgement, Status } from '../judgements.ts'
import { amount, unknown, written } from '../numbers.ts'
import type { Verdict } from '../record.ts'
import { escaped } from './escape.ts'

/** Shape and word say the same as the colour. */
const signs: Record<Status, string> = { pass: '✅', fail: '❌', inconclusive: '❔', invalid: '⚠️', skipped: '➖' }

export const signed = (status: Status) => `${signs[status]} ${status}`

export const verdictHead = [
  '| | what | measured | interval | limit | noise floor | could have been seen |',
  '|---|---|--:|--:|--:|--:|--:|',
]

/** A row of the table; a judgement that is no verdict has no figures. */
export function verdictRow({ status, name, verdict }: Judgement): string {
  const cells = verdict ? [subject(verdict), ...figures(verdict)] : [escaped(name), '', '', '', '', '']
  return `| ${[signed(status), ...cells].join(' | ')} |`
}

/** "**envoy** over baseline, p99": what the limit is about. */
function subject({ kind, arm, over, indicator }: Verdict): string {
  const name = `**${escaped(arm)}**`
  const beside = over === null ? '' : kind === 'share' ? ` beside ${escaped(over)}` : ` over ${escaped(over)}`
  return `${name}${beside}${kind === 'baseline' ? ', over its baseline' : ''}: ${escaped(indicatorTitle(indicator))}`
}

function figures(verdict: Verdict): string[] {
  const { kind, unit, noiseFloor = null, smallestEffect = null, measured, confidence } = verdict
  const { interval, limit } = figuresOf(verdict)
  const known = (value: number | null) => (value === null ? '' : whole(amount(value, unit)))
  // A difference says which way it goes.
  const sign =
    (kind === 'budget' || kind === 'baseline') && unit !== '×' && measured !== null && measured > 0 ? '+' : ''
  const sure = confidence === 0.95 || interval === '' ? '' : ` at ${written(confidence * 100)} %`
  return [
    measured === null ? unknown : `**${sign}${known(measured)}**`,
    whole(`${interval}${sure}`),
    whole(limit),
    known(noiseFloor),
    known(smallestEffect),
  ]
}

/** A figure is not broken over two lines in a narrow window. */
const whole = (text: string) => text.replaceAll(' ', '\u00a0')

/** What stands behind a verdict that is not kept, an entry of the list below the table: the reason, then what was counted. */
export function reasonLine({ status, name, why, verdict }: Judgement): string {
  const behind = verdict ? basis(verdict) : []
  const counted = behind.length === 0 ? '' : `<br><sub>${escaped(behind.join(' · '))}</sub>`
  return `- ${signed(status)}: ${escaped(why ?? name)}${counted}`
}
