import { addedTime } from '../added-time.ts'
import { charts } from '../charts/index.ts'
import { kernelHistogram } from '../charts/kernel-histogram.ts'
import { readingsByProbe } from '../kernel-readings.ts'
import { likelyCause } from '../likely-cause.ts'
import { orUnknown } from '../numbers.ts'
import { coreShare, probeCaveats, probeCosts, silentProbes } from '../probe-notes.ts'
import type { Experiment } from '../record.ts'
import { figure } from './figure.ts'
import { kernelTables } from './kernel-tables.ts'
import { html, type Markup } from './markup.ts'
import { splitTable } from './split-table.ts'
import { tailTable } from './tail-table.ts'

/** What probes saw: where the time went and what the tail moves with, in words; then the figures behind it, what limits them and their cost. */
export function kernelBlock(experiment: Experiment, id: string): Markup | null {
  if (!experiment.probes) return null
  const sentences = [
    ...experiment.arms.flatMap((arm) => addedTime(experiment, arm)),
    ...experiment.arms.flatMap((arm) => likelyCause(experiment, arm) ?? []),
  ]
  return html`<div class="block kernel"><h3 id="${id}-kernel">What the kernel saw</h3>
${sentences.length > 0 && html`<ul class="said">${sentences.map((sentence) => html`<li>${sentence}</li>`)}</ul>`}
${drawings(experiment, id)}
${splitTable(experiment)}
${tailTable(experiment)}
${kernelTables(experiment)}
${notes(experiment)}</div>`
}

function drawings(experiment: Experiment, id: string): Markup | null {
  const split = figure(charts.timeSplit, experiment, {
    id: `${id}-split`,
    heading: 'Where the time of the mean request went',
    caption:
      'In the order of the way. Faint: requests and replies lay unread there; darker of it: while their reader waited for a CPU. Slowest: the units of an arm with the highest p99, 2 % of them, at least 3.',
  })
  const histograms = [...readingsByProbe(experiment).keys()].map((probe) =>
    figure(kernelHistogram(probe), experiment, {
      id: `${id}-probe-${probe}`,
      heading: `${probe}: how long, by station`,
      caption: captions[probe] ?? 'Share of the events that took so long.',
    }),
  )
  const drawn = [split, ...histograms].filter((one) => one !== null)
  return drawn.length > 0 ? html`<div class="charts">${drawn}</div>` : null
}

const captions: Record<string, string> = {
  runqueue: 'From waking, or from being preempted, until a CPU took the thread.',
  offcpu: 'From giving up the CPU until the thread was back on one; mostly, servers wait for requests.',
  requests:
    'At a server’s socket, from the first read of a request to the first write of its reply; at the client’s, from the first write to the first read.',
  arrival:
    'From the first unread segment at a socket to the program’s read: of requests, and at the client of replies.',
  rtt: 'TCP’s smallest round trip of each connection in the last 5 minutes, counted at each write.',
}

function notes(experiment: Experiment): Markup | null {
  const { probes } = experiment
  const { each, all } = probeCosts(experiment)
  const ofAll = each.length > 1 ? `; ${orUnknown(all, coreShare)} in all` : ''
  const cost = `${each.map(({ probe, share }) => `${probe} ${orUnknown(share, coreShare)}`).join(', ')}${ofAll}`
  const silent = silentProbes(experiment)
  const lines: [string, Markup | string][] = [
    ...(each.length > 0 ? [['cost', cost] satisfies [string, string]] : []),
    ...(silent.length > 0 ? [['no events', silent.join(', ')] satisfies [string, string]] : []),
    ...(probes?.unavailable ?? []).map(({ probe, reason, remedy }): [string, string] => [
      `no ${probe}`,
      `${reason}; ${remedy}`,
    ]),
    ...probeCaveats(experiment).map((caveat): [string, string] => ['caveat', caveat]),
  ]
  if (lines.length === 0) return null
  return html`<div class="block"><h3>The probes themselves</h3><dl class="pairs">${lines.map(([about, text]) => html`<dt>${about}</dt><dd>${text}</dd>`)}</dl></div>`
}
