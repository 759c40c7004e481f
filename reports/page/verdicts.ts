import { basis, pValueWords, sensitivity } from '../certainty.ts'
import { claimOf } from '../claim.ts'
import { decimal, shownIn, written } from '../numbers.ts'
import type { Experiment, Verdict } from '../record.ts'
import { isOfUnits } from '../units.ts'
import { type Why, whysOnce, whyText } from '../whys.ts'
import { html, type Markup } from './markup.ts'
import { badge } from './outcome.ts'

/** Every verdict with its reason, each said once, and where its interval lies beside the limit. */
export function verdictList(experiment: Pick<Experiment, 'design' | 'verdicts'>): Markup | null {
  const { verdicts } = experiment
  if (verdicts.length === 0) return null
  const whys = whysOnce(verdicts)
  const byUnits = isOfUnits(experiment)
  const behind = (verdict: Verdict, why: Why) =>
    byUnits || verdict.kind === 'baseline' ? behindUnits(verdict, why) : behindTrials(verdict, why)
  return html`<ul class="verdicts">${verdicts.map((verdict, i) => verdictItem(verdict, behind(verdict, whys[i] as Why)))}</ul>`
}

/** "envoy adds 1.44 ms to baseline at p99  [1.30, 1.61]  ≤ 2 ms". */
export function claimLine(verdict: Verdict): Markup {
  const { sentence, interval, limit } = claimOf(verdict, { nameOther: true })
  return html`<span class="claim">${sentence}</span> <span class="muted"><span class="whole">${interval}</span> <span class="whole">${limit}</span></span>`
}

function verdictItem(verdict: Verdict, behind: Markup): Markup {
  return html`<li class="${verdict.outcome}">${badge(verdict.outcome)}
<div>${claimLine(verdict)}</div>
<div class="why">${behind}</div>
${range(verdict)}</li>`
}

const confidenceWords = ({ interval, confidence }: Verdict) =>
  interval ? [`${written(confidence * 100)} % interval`] : []

function behindTrials(verdict: Verdict, why: Why): Markup {
  const { arm, over } = verdict.trials
  const basis = [
    over === null ? `${arm} trials` : `${arm} and ${over} trials`,
    ...confidenceWords(verdict),
    ...(verdict.pValue === null ? [] : [pValueWords(verdict.pValue)]),
  ]
  return html`${whyText(why)} <span>(${basis.join(', ')})</span>`
}

/** What the claim does not say already, a line for how sure it is and one for what stands behind it. */
function behindUnits(verdict: Verdict, why: Why): Markup {
  const known = verdict.measured !== null && verdict.outcome !== 'invalid'
  const sure = [sensitivity(verdict), ...confidenceWords(verdict)].filter(Boolean).join('; ')
  const lines = [known ? why.more.join('; ') : whyText(why), sure, basis(verdict).join(' · ')].filter(Boolean)
  return html`${lines.map((line, i) => html`${i > 0 && html`<br>`}${line}`)}`
}

/** The interval on a line, with the limit and what lies beyond it. Says in text what it shows. */
function range({ kind, measured, interval, limit, unit, indicator }: Verdict): Markup | null {
  const bounds = [limit.min, limit.max].filter((bound) => bound !== undefined)
  if (measured === null || interval === null || bounds.length === 0) return null
  const [low, high] = interval
  // Beside earlier runs a ratio of 1 is no change, and all that is of interest lies around it.
  const none = kind === 'baseline' && unit === '×' ? 1 : 0
  const [least, most] = [Math.min(none, low, ...bounds), Math.max(high, measured, none, ...bounds)]
  const from = none === 0 ? least : least - 0.12 * (most - least)
  const to = (none === 0 ? most * 1.12 : most + 0.12 * (most - least)) || 1
  const at = (value: number) => `${((100 * (value - from)) / (to - from)).toFixed(2)}%`
  // What stood closer to a limit would be written over its words.
  const apart = (value: number) => bounds.every((bound) => Math.abs(bound - value) > 0.14 * (to - from))
  const shown = shownIn(unit)
  const amount = (value: number) => `${written(Number((value * shown.factor).toPrecision(6)))} ${shown.unit}`.trim()
  const label = `${indicator}: ${decimal(measured * shown.factor)}, interval ${decimal(low * shown.factor)} to ${decimal(high * shown.factor)}, limit ${bounds.map(amount).join(' to ')}`
  return html`<div class="range" role="img" aria-label="${label}"><span class="track">
${limit.max !== undefined && html`<i class="beyond" style="left:${at(limit.max)};right:0"></i>`}
${limit.min !== undefined && html`<i class="beyond" style="left:0;width:${at(limit.min)}"></i>`}
<i class="interval" style="left:${at(low)};width:${(100 * (high - low)) / (to - from)}%"></i>
${bounds.map((bound) => html`<i class="limit" style="left:${at(bound)}"></i>`)}
<i class="measured" style="left:${at(measured)}"></i></span>
<span class="scale">${apart(0) && from === 0 && html`<span style="left:0">0</span>`}${none === 1 && apart(1) && scaleLabel('1 ×', (1 - from) / (to - from))}${bounds.map((bound) => scaleLabel(amount(bound), (bound - from) / (to - from)))}</span></div>`
}

/** Kept inside the line: what stands in the right half is aligned to the right of its place. */
const scaleLabel = (text: string, share: number) =>
  share > 0.5
    ? html`<span style="right:${(100 * (1 - share)).toFixed(2)}%">${text}</span>`
    : html`<span style="left:${(100 * share).toFixed(2)}%">${text}</span>`
