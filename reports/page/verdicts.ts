import { claimOf } from '../claim.ts'
import { decimal, shownIn, written } from '../numbers.ts'
import type { Verdict } from '../record.ts'
import { html, type Markup } from './markup.ts'
import { badge } from './outcome.ts'

/** Every verdict with its reason, and where its interval lies beside the limit. */
export function verdictList(verdicts: readonly Verdict[]): Markup | null {
  if (verdicts.length === 0) return null
  return html`<ul class="verdicts">${verdicts.map(verdictItem)}</ul>`
}

/** "envoy adds 1.44 ms to baseline at p99  [1.30, 1.61]  ≤ 2 ms". */
export function claimLine(verdict: Verdict): Markup {
  const { sentence, interval, limit } = claimOf(verdict, { nameOther: true })
  return html`<span class="claim">${sentence}</span> <span class="muted"><span class="whole">${interval}</span> <span class="whole">${limit}</span></span>`
}

function verdictItem(verdict: Verdict): Markup {
  const { arm, over } = verdict.trials
  const basis = [
    over === null ? `${arm} trials` : `${arm} and ${over} trials`,
    ...(verdict.interval ? [`${written(verdict.confidence * 100)} % interval`] : []),
    ...(verdict.pValue === null
      ? []
      : [verdict.pValue < 0.001 ? 'p\u00a0<\u00a00.001' : `p\u00a0=\u00a0${verdict.pValue.toFixed(3)}`]),
  ]
  return html`<li class="${verdict.outcome}">${badge(verdict.outcome)}
<div>${claimLine(verdict)}</div>
<div class="why">${verdict.why} <span>(${basis.join(', ')})</span></div>
${range(verdict)}</li>`
}

/** The interval on a line, with the limit and what lies beyond it. Says in text what it shows. */
function range({ measured, interval, limit, unit, indicator }: Verdict): Markup | null {
  const bounds = [limit.min, limit.max].filter((bound) => bound !== undefined)
  if (measured === null || interval === null || bounds.length === 0) return null
  const [low, high] = interval
  const from = Math.min(0, low, ...bounds)
  const to = Math.max(high, measured, ...bounds) * 1.12 || 1
  const at = (value: number) => `${((100 * (value - from)) / (to - from)).toFixed(2)}%`
  const shown = shownIn(unit)
  const amount = (value: number) => `${written(Number((value * shown.factor).toPrecision(6)))} ${shown.unit}`.trim()
  const label = `${indicator}: ${decimal(measured * shown.factor)}, interval ${decimal(low * shown.factor)} to ${decimal(high * shown.factor)}, limit ${bounds.map(amount).join(' to ')}`
  return html`<div class="range" role="img" aria-label="${label}"><span class="track">
${limit.max !== undefined && html`<i class="beyond" style="left:${at(limit.max)};right:0"></i>`}
${limit.min !== undefined && html`<i class="beyond" style="left:0;width:${at(limit.min)}"></i>`}
<i class="interval" style="left:${at(low)};width:${(100 * (high - low)) / (to - from)}%"></i>
${bounds.map((bound) => html`<i class="limit" style="left:${at(bound)}"></i>`)}
<i class="measured" style="left:${at(measured)}"></i></span>
<span class="scale">${from === 0 && html`<span style="left:0">0</span>`}${bounds.map((bound) => scaleLabel(amount(bound), (bound - from) / (to - from)))}</span></div>`
}

/** Kept inside the line: what stands in the right half is aligned to the right of its place. */
const scaleLabel = (text: string, share: number) =>
  share > 0.5
    ? html`<span style="right:${(100 * (1 - share)).toFixed(2)}%">${text}</span>`
    : html`<span style="left:${(100 * share).toFixed(2)}%">${text}</span>`
