import { adviceOf } from '../advice.ts'
import { machineWords, sensitivity } from '../certainty.ts'
import { commitWords } from '../conditions.ts'
import { gateWords } from '../gate-words.ts'
import { headline } from '../headline.ts'
import { span } from '../numbers.ts'
import type { RunRecord, Verdict } from '../record.ts'
import { unitWords } from '../units.ts'
import { whysOnce } from '../whys.ts'
import { experimentId } from './experiment.ts'
import { html, type Markup } from './markup.ts'
import { type Badge, badge, outcomeOf } from './outcome.ts'
import { claimLine } from './verdicts.ts'

const order: Badge[] = ['fail', 'invalid', 'inconclusive', 'skipped', 'pass']

/** The first thing to read: how the run ended, the verdicts behind it with a link to their reasons, on what machine, and what to do if it is not clear. */
export function banner(record: RunRecord): Markup {
  const { run } = record
  const started = `${run.startedAt.slice(0, 16).replace('T', ' ')} UTC`
  return html`<header>
<div class="brand"><span><b>meshmark</b> report</span><span>${started} · took ${span(run.durationMs)} · ${run.cluster.provider} · ${run.profile} · seed ${run.seed}</span></div>
<div class="banner ${run.outcome}">
<h1>${badge(run.outcome)} <small>${headline(record)}</small></h1>
${points(record)}
${certainty(record)}
</div>
</header>`
}

/** So many verdicts are shown though they are no cause for concern: more would hide what is. */
const fewPasses = 4

function points({ experiments }: RunRecord): Markup | null {
  const passes = experiments.flatMap(({ verdicts }) => verdicts).filter(({ outcome }) => outcome === 'pass').length
  const all = experiments.flatMap((experiment, index) => {
    const link = html`<a href="#${experimentId(index)}">${experiment.suite} › ${experiment.test}</a>`
    const shown = experiment.verdicts.filter(({ outcome }) => outcome !== 'pass' || passes <= fewPasses)
    const verdicts = shown.map((verdict) => {
      return { outcome: verdict.outcome as Badge, what: claimLine(verdict), sure: certaintyOf(verdict), link }
    })
    const outcome = outcomeOf(experiment)
    if (outcome === 'pass' || experiment.verdicts.some((verdict) => verdict.outcome !== 'pass')) return verdicts
    return [...verdicts, { outcome, what: html`${experiment.message}`, sure: '', link }]
  })
  if (all.length === 0) return null
  const [only, ...others] = experiments
  const asked = others.length === 0 ? html`<p class="asked">${only && all[0]?.link}</p>` : null
  const sorted = order.flatMap((outcome) => all.filter((point) => point.outcome === outcome))
  return html`${asked}<ul>${sorted.map(({ outcome, what, sure, link }) => {
    const below = [...(sure === '' ? [] : [html`<span class="muted">${sure}</span>`]), ...(asked ? [] : [link])]
    return html`<li>${badge(outcome)}<span>${what}${below.map((line) => html`<br><span class="small">${line}</span>`)}</span></li>`
  })}</ul>`
}

/** How sure a verdict is, in a few words. */
function certaintyOf(verdict: Verdict): string {
  const { units, measured } = verdict
  // Failures are counted over all units: the reason has the counts.
  const counts = units
    ? [unitWords(units.count, units.lengthMs)]
    : measured === null
      ? []
      : whysOnce([verdict])[0]?.more
  return [...(counts ?? []), sensitivity(verdict)].filter(Boolean).join('; ')
}

function certainty({ run, environment, experiments }: RunRecord): Markup {
  const { cores, cpuModel } = environment
  const unitMs = experiments[0]?.unitMs
  const machine = machineWords({
    ...(unitMs !== undefined && experiments.every((one) => one.unitMs === unitMs) ? { unitMs } : {}),
    machine: experiments.flatMap(({ machine = [] }) => machine),
    verdicts: experiments.flatMap(({ verdicts }) => verdicts),
  })
  const advice = [...new Set(experiments.flatMap((experiment) => adviceOf(experiment) ?? []))]
  const facts: [string, string][] = [
    ['On', `${run.cluster.provider}, ${cores} ${cores === 1 ? 'core' : 'cores'} of ${cpuModel}`],
    ...(run.source ? [['Commit', commitWords(run.source)] satisfies [string, string]] : []),
    ...(run.gate ? [['Judged', gateWords(run.gate)] satisfies [string, string]] : []),
    ...(run.gate?.differs ?? []).map((text): [string, string] => ['They differ', text]),
    ...(run.gate?.reasons ?? []).map((text): [string, string] => ['No pass', text]),
    ...(machine === null ? [] : [['This machine', machine] satisfies [string, string]]),
    ...(advice.length === 0 ? [] : [['What to do', advice.join(' · ')] satisfies [string, string]]),
  ]
  return html`<dl class="facts">${facts.map(([term, fact]) => html`<div><dt>${term}</dt><dd>${fact}</dd></div>`)}</dl>`
}
