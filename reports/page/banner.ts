import { span } from '../numbers.ts'
import type { Outcome, RunRecord } from '../record.ts'
import { experimentId } from './experiment.ts'
import { html, type Markup } from './markup.ts'
import { type Badge, badge, outcomeOf } from './outcome.ts'
import { claimLine } from './verdicts.ts'

const order: Badge[] = ['fail', 'invalid', 'inconclusive', 'skipped']

/** The first thing to read: how the run ended, and every verdict that is no pass, with a link to its reasons. */
export function banner(record: RunRecord): Markup {
  const { run } = record
  const started = `${run.startedAt.slice(0, 16).replace('T', ' ')} UTC`
  return html`<header>
<div class="brand"><span><b>meshmark</b> report</span><span>${started} · took ${span(run.durationMs)} · ${run.cluster.provider} · ${run.profile} · seed ${run.seed}</span></div>
<div class="banner ${run.outcome}">
<h1>${badge(run.outcome)} <small>${headline(record)}</small></h1>
${openPoints(record)}
</div>
</header>`
}

function headline({ run, experiments }: RunRecord): string {
  const verdicts = experiments.flatMap((experiment) => experiment.verdicts)
  if (verdicts.length === 0) return 'No objective and no budget was judged'
  const count = (outcome: Outcome) => verdicts.filter((verdict) => verdict.outcome === outcome).length
  const of = `of ${verdicts.length} objectives and budgets`
  const n = count(run.outcome)
  const passed = `${count('pass')} ${of} kept`
  if (n === 0) return passed
  return {
    pass: n === verdicts.length ? `all ${n} objectives and budgets kept` : passed,
    fail: `${n} ${of} broken`,
    inconclusive: `${n} ${of} too noisy to tell`,
    invalid: `${n} ${of} cannot be judged`,
  }[run.outcome]
}

function openPoints({ experiments }: RunRecord): Markup | null {
  const points = experiments.flatMap((experiment, index) => {
    const link = html`<a href="#${experimentId(index)}">${experiment.suite} › ${experiment.test}</a>`
    const open = experiment.verdicts.filter(({ outcome }) => outcome !== 'pass')
    if (open.length > 0)
      return open.map((verdict) => ({ outcome: verdict.outcome as Badge, what: claimLine(verdict), link }))
    const outcome = outcomeOf(experiment)
    return outcome === 'pass' ? [] : [{ outcome, what: html`${experiment.message}`, link }]
  })
  if (points.length === 0) return null
  const sorted = order.flatMap((outcome) => points.filter((point) => point.outcome === outcome))
  return html`<ul>${sorted.map(({ outcome, what, link }) => html`<li>${badge(outcome)}<span>${what}<br><span class="small">${link}</span></span></li>`)}</ul>`
}
