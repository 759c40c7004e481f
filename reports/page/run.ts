import { mebibytes, orUnknown, span } from '../numbers.ts'
import type { RunRecord } from '../record.ts'
import { glossary } from './glossary.ts'
import { html, type Markup } from './markup.ts'

/** How the run was measured, where, with which versions, and how to do it again. */
export function conditionsSection(record: RunRecord): Markup {
  const { run, environment } = record
  const share = run.durationMs > 0 ? Math.min(1, run.measuringMs / run.durationMs) : 0
  const percent = `${(100 * share).toFixed(0)} %`
  const pairs = (entries: [string, string][]) =>
    html`<dl class="pairs">${entries.map(([term, value]) => html`<dt>${term}</dt><dd>${value}</dd>`)}</dl>`
  return html`<section aria-labelledby="run-heading">
<h2 id="run-heading">The run</h2>
<div class="block"><h3>${percent} of the time was spent measuring</h3>
<div class="share" role="img" aria-label="${percent} of the run’s time was measured"><i style="width:${(100 * share).toFixed(1)}%"></i></div>
<p class="muted small">${span(run.measuringMs)} of ${span(run.durationMs)}; the rest is set-up, warm-up and clean-up.</p></div>
<div class="block columns">
<div><h3>Environment</h3>${pairs([
    ['Processor', `${environment.cpuModel}, ${environment.cores} ${environment.cores === 1 ? 'core' : 'cores'}`],
    ['Memory', `${mebibytes(environment.memoryBytes / 1024)} GiB`],
    ['System', `${environment.os}, kernel ${environment.kernel}, ${environment.architecture}`],
    ['Frequency governor', orText(environment.governor)],
    ['Virtualization', orText(environment.virtualization)],
  ])}</div>
<div><h3>Versions</h3>${pairs(Object.entries(environment.versions))}</div>
<div><h3>Plan</h3>${pairs([
    ['Cluster', `${run.cluster.provider}: ${run.cluster.reason}`],
    ['Meshes', run.meshes.join(', ')],
    ['Profile', run.profile],
    ['Seed', String(run.seed)],
    ['Run', run.id],
  ])}</div>
</div>
<div class="block"><h3>Do it again</h3><pre tabindex="0" aria-label="Command that repeats this run"><code>${run.command}</code></pre></div>
<div class="block"><h3>Words</h3>${glossary(record)}</div>
</section>`
}

const orText = (value: string | null) => orUnknown(value === null ? null : 0, () => value as string)
