import { historyChart } from '../charts/history-series.ts'
import type { History } from '../history.ts'
import {
  armText,
  commitsText,
  eventText,
  figureText,
  historyTitle,
  leftOutText,
  noiseText,
  trendText,
} from '../history-text.ts'
import { indicatorTitle } from '../indicators.ts'
import { orUnknown } from '../numbers.ts'
import { html, type Markup, raw } from './markup.ts'

/** The figures of one test: a table of where each stands, then a chart of each with its changes. */
export function historySection(histories: readonly History[], id: string, anchorOf: (of: History) => string): Markup {
  const [first] = histories
  const leftOut = [...new Set(histories.map(leftOutText).filter((text) => text !== ''))]
  return html`<section id="${id}" aria-labelledby="${id}-heading">
<p class="over">${first?.suite}</p>
<h2 id="${id}-heading">${first?.test}</h2>
<div class="block scroll arms" role="region" aria-label="Figures of ${first?.test}" tabindex="0"><table>
<thead><tr><th scope="col">Arm</th><th scope="col">Figure</th>${['Runs', 'Latest', 'Baseline', 'of runs', 'Noise', 'Trend', 'Changes'].map((head) => html`<th scope="col" class="num">${head}</th>`)}</tr></thead>
<tbody>${histories.map((history) => row(history, anchorOf(history)))}</tbody></table></div>
${leftOut.map((text) => html`<p class="note">${text}</p>`)}
<div class="charts">${histories.map((history) => figureOf(history, anchorOf(history)))}</div>
</section>`
}

function row(history: History, anchor: string): Markup {
  const { unit, runs, baseline, noise, trend, events } = history
  const latest = runs.at(-1)?.value ?? null
  const amountOf = (value: number | null) => orUnknown(value, (known) => figureText(known, unit))
  const cells = [
    String(runs.length),
    amountOf(latest),
    amountOf(baseline?.median ?? null),
    orUnknown(baseline?.runs ?? null, String),
    orUnknown(baseline?.noise ?? noise, (known) => noiseText(known, unit, latest ?? 0)),
    trendText(trend, history),
    String(events.length),
  ]
  return html`<tr><th scope="row">${armText(history)}</th><td><a href="#${anchor}">${indicatorTitle(history.indicator)}</a></td>${cells.map((cell) => html`<td class="num">${cell}</td>`)}</tr>`
}

function figureOf(history: History, anchor: string): Markup {
  const drawn = (width: 'wide' | 'narrow') => raw(historyChart(history, { width, id: `${anchor}-${width}` }))
  const { trend, events } = history
  const captions = [
    ...events.map(
      (event) => html`${eventText(event, history)}; ${commitsText(event, history)}${commitList(event.log)}`,
    ),
    ...(trend?.clear ? [html`Trend: ${trendText(trend, history)}`] : []),
  ]
  const caption =
    captions.length === 0
      ? html`No change and no trend.`
      : html`<ul class="said">${captions.map((text) => html`<li>${text}</li>`)}</ul>`
  return html`<figure id="${anchor}"><h3>${historyTitle(history)}</h3><div class="wide">${drawn('wide')}</div><div class="narrow">${drawn('narrow')}</div><figcaption>${caption}</figcaption></figure>`
}

/** Commits shown of one change. */
const mostCommits = 8

function commitList(log: readonly string[] = []): Markup | null {
  if (log.length === 0) return null
  const more = log.length - mostCommits
  return html`<ul class="said">${log.slice(0, mostCommits).map((commit) => html`<li><code>${commit}</code></li>`)}${more > 0 && html`<li>${more} more</li>`}</ul>`
}

export const words = html`<section aria-labelledby="words-heading">
<h2 id="words-heading">Words</h2>
<dl class="glossary">
<dt>over</dt><dd>A treatment is shown by its ratio to the control of the same run, which leaves out what the machine did to both.</dd>
<dt>change</dt><dd>A step between two runs that lasted: a permutation test at p ≤ 0.001, at least as large as the scatter of the runs about it, and no drift. Its interval is at 95 %.</dd>
<dt>baseline</dt><dd>The median of the runs since the last change, without the latest: what that is to be seen beside. In a chart, the band is its scatter.</dd>
<dt>noise</dt><dd>The scatter from run to run, as a standard deviation, whatever a few wild runs were.</dd>
<dt>trend</dt><dd>How far the straight line through the runs since the last change has gone, where that is clear (p ≤ 0.001): a dashed line.</dd>
<dt>in a chart</dt><dd>A dot is a run, the orange one the latest; a triangle at the edge lies beyond the plot. Lines are levels between changes.</dd>
</dl>
</section>`
