import { type ChartName, charts } from '../charts/index.ts'
import { reasonTexts } from '../reasons.ts'
import type { Experiment } from '../record.ts'
import { isOfStreams } from '../summary.ts'
import { armTable } from './arm-table.ts'
import { loadLine } from './load-line.ts'
import { html, type Markup, raw } from './markup.ts'
import { badge, outcomeOf } from './outcome.ts'
import { verdictList } from './verdicts.ts'

const figures: { chart: ChartName; heading: string | ((streams: boolean) => string); caption: string }[] = [
  {
    chart: 'percentileSpectrum',
    heading: 'Latency by percentile',
    caption: 'All requests of the valid trials together. The ring marks the percentile at which an objective counts.',
  },
  {
    chart: 'trialStrip',
    heading: (streams) => `${streams ? 'Bit rate' : 'p99'} of each trial, in run order`,
    caption:
      'A line is the arm’s median. Hollow marks are trials left out. A slope would mean that the machine drifted.',
  },
  {
    chart: 'latencyOverTime',
    heading: 'p99 of each second',
    caption: 'Every valid trial a faint line, the median over trials a strong one.',
  },
  { chart: 'resources', heading: 'CPU and memory', caption: 'Medians over the valid trials; the number is the total.' },
]

export const experimentId = (index: number) => `experiment-${index + 1}`

/** One experiment: verdicts first, then the numbers and pictures they rest on, then what was left out. */
export function experimentSection(experiment: Experiment, index: number): Markup {
  const id = experimentId(index)
  return html`<section id="${id}" aria-labelledby="${id}-heading">
<p class="over">${experiment.suite}</p>
<div class="head"><h2 id="${id}-heading">${experiment.test}</h2>${badge(outcomeOf(experiment))}</div>
<p class="muted small">${experiment.arms.length > 0 && `${experiment.workload} · ${loadLine(experiment.load)} · seed ${experiment.seed}`}</p>
${experiment.message !== null && html`<p class="block">${experiment.message}</p>`}
${verdictList(experiment.verdicts)}
${armTable(experiment)}
${chartGrid(experiment, id)}
${leftOut(experiment)}
${notRun(experiment)}
</section>`
}

function chartGrid(experiment: Experiment, id: string): Markup | null {
  const drawn = figures.flatMap(({ chart, heading, caption }) => {
    const [wide, narrow] = (['wide', 'narrow'] as const).map((width) =>
      charts[chart](experiment, { width, id: `${id}-${chart}-${width}` }),
    )
    if (!wide || !narrow) return []
    return [
      html`<figure><h3>${typeof heading === 'string' ? heading : heading(experiment.arms.some(isOfStreams))}</h3><div class="wide">${raw(wide)}</div><div class="narrow">${raw(narrow)}</div><figcaption>${caption}</figcaption></figure>`,
    ]
  })
  return drawn.length > 0 ? html`<div class="charts">${drawn}</div>` : null
}

function leftOut({ arms }: Experiment): Markup | null {
  const trials = arms
    .flatMap((arm) => arm.trials)
    .filter(({ validity }) => !validity.valid)
    .toSorted((a, b) => a.index - b.index)
  if (trials.length === 0) return null
  return html`<div class="block"><h3>Trials left out</h3>
<div class="scroll plain" role="region" aria-label="Trials left out" tabindex="0"><table>
<thead><tr><th scope="col" class="num">Trial</th><th scope="col">Arm</th><th scope="col">Why it cannot be trusted</th></tr></thead>
<tbody>${trials.map(
    ({ index, arm, validity }) =>
      html`<tr><td class="num">${index}</td><td>${arm}</td><td>${reasonTexts(validity.reasons) || 'no reason recorded'}</td></tr>`,
  )}</tbody></table></div></div>`
}

function notRun({ arms }: Experiment): Markup | null {
  const skipped = arms.filter((arm) => arm.skipped !== null)
  if (skipped.length === 0) return null
  return html`<div class="block"><h3>Arms that did not run</h3>
<div class="scroll plain" role="region" aria-label="Arms that did not run" tabindex="0"><table>
<thead><tr><th scope="col">Arm</th><th scope="col">Why, and how to get it</th></tr></thead>
<tbody>${skipped.map((arm) => html`<tr><th scope="row">${arm.name}</th><td>${arm.skipped}</td></tr>`)}</tbody></table></div></div>`
}
