import { machineWords } from '../certainty.ts'
import { type ChartName, charts } from '../charts/index.ts'
import { unitDifferencesTitle } from '../charts/unit-differences.ts'
import { type Condition, conditionsOf } from '../conditions.ts'
import { leftOutOf } from '../left-out.ts'
import type { Experiment } from '../record.ts'
import { isOfStreams } from '../summary.ts'
import { isOfUnits } from '../units.ts'
import { armTable } from './arm-table.ts'
import { figure } from './figure.ts'
import { kernelBlock } from './kernel.ts'
import { loadLine } from './load-line.ts'
import { html, type Markup } from './markup.ts'
import { badge, outcomeOf } from './outcome.ts'
import { verdictList } from './verdicts.ts'

interface Figure {
  chart: ChartName
  heading(experiment: Experiment): string
  caption(experiment: Experiment): string
}

const ofUnits = (units: string, trials: string) => (experiment: Experiment) => (isOfUnits(experiment) ? units : trials)

const figures: Figure[] = [
  {
    chart: 'unitDifferences',
    heading: unitDifferencesTitle,
    caption: () =>
      'A dot is a unit, in which all arms had the same machine; a triangle at the edge one beyond the plot. The line is the median, the band its interval: clear as soon as it lies on one side of the limit.',
  },
  {
    chart: 'percentileSpectrum',
    heading: () => 'Latency by percentile',
    caption: (experiment) =>
      `All requests of the ${ofUnits('units', 'valid trials')(experiment)} together. The ring marks the percentile at which an objective counts.`,
  },
  {
    chart: 'trialStrip',
    heading: ({ arms }) => `${arms.some(isOfStreams) ? 'Bit rate' : 'p99'} of each trial, in run order`,
    caption: () =>
      'A line is the arm’s median. Hollow marks are trials left out. A slope would mean that the machine drifted.',
  },
  {
    chart: 'latencyOverTime',
    heading: () => 'p99 of each second',
    caption: () => 'Every valid trial a faint line, the median over trials a strong one.',
  },
  {
    chart: 'unitsOverTime',
    heading: () => 'p99 of each unit, over what the machine did',
    caption: () =>
      'What rises in all arms at once, and in the machine below, is the machine’s. CPU taken away: steal, and other programs.',
  },
  {
    chart: 'resources',
    heading: () => 'CPU and memory',
    caption: ofUnits('The number is the total.', 'Medians over the valid trials; the number is the total.'),
  },
]

export const experimentId = (index: number) => `experiment-${index + 1}`

/** One experiment: verdicts first, then the numbers and pictures they rest on, then what was left out. */
export function experimentSection(experiment: Experiment, index: number): Markup {
  const id = experimentId(index)
  return html`<section id="${id}" aria-labelledby="${id}-heading">
<p class="over">${experiment.suite}</p>
<div class="head"><h2 id="${id}-heading">${experiment.test}</h2>${badge(outcomeOf(experiment))}</div>
<p class="muted small">${experiment.arms.length > 0 && `${experiment.workload} · ${loadLine(experiment.load, experiment.fitted?.rate)} · seed ${experiment.seed}`}</p>
${experiment.message !== null && html`<p class="block">${experiment.message}</p>`}
${verdictList(experiment)}
${armTable(experiment)}
${chartGrid(experiment, id)}
${kernelBlock(experiment, id)}
${conditions(experiment)}
${leftOut(experiment)}
${notRun(experiment)}
</section>`
}

function chartGrid(experiment: Experiment, id: string): Markup | null {
  const drawn = figures.flatMap(({ chart, heading, caption }) => {
    const words = { heading: heading(experiment), caption: caption(experiment) }
    return figure(charts[chart], experiment, { id: `${id}-${chart}`, ...words }) ?? []
  })
  return drawn.length > 0 ? html`<div class="charts">${drawn}</div>` : null
}

function conditions(experiment: Experiment): Markup | null {
  const machine = machineWords(experiment)
  const lines = [...(machine === null ? [] : [['machine', machine] satisfies Condition]), ...conditionsOf(experiment)]
  if (lines.length === 0) return null
  return html`<div class="block"><h3>How it was measured</h3><dl class="pairs">${lines.map(([about, text]) => html`<dt>${about}</dt><dd>${text}</dd>`)}</dl></div>`
}

function leftOut(experiment: Experiment): Markup | null {
  const left = leftOutOf(experiment)
  if (left.length === 0) return null
  return html`<div class="block"><h3>What does not count</h3>
<div class="scroll plain" role="region" aria-label="What does not count" tabindex="0"><table>
<thead><tr><th scope="col">What</th><th scope="col">Why it cannot be trusted</th></tr></thead>
<tbody>${left.map(({ what, why }) => html`<tr><td>${what}</td><td>${why}</td></tr>`)}</tbody></table></div></div>`
}

function notRun({ arms }: Experiment): Markup | null {
  const skipped = arms.filter((arm) => arm.skipped !== null)
  if (skipped.length === 0) return null
  return html`<div class="block"><h3>Arms that did not run</h3>
<div class="scroll plain" role="region" aria-label="Arms that did not run" tabindex="0"><table>
<thead><tr><th scope="col">Arm</th><th scope="col">Why, and how to get it</th></tr></thead>
<tbody>${skipped.map((arm) => html`<tr><th scope="row">${arm.name}</th><td>${arm.skipped}</td></tr>`)}</tbody></table></div></div>`
}
