import type { History, HistoryEvent } from '../history.ts'
import { commitsText, eventText, historyTitle, moment, runsText } from '../history-text.ts'
import { documentOf } from './document.ts'
import { historySection, words } from './history-section.ts'
import { html, type Markup } from './markup.ts'

/** Changes named at the top: the newest. Each stands at its figure as well. */
const mostAtTop = 12

/** Histories as one page that needs no network and no script: what changed first, then each figure from run to run. */
export function renderHistoryPage(histories: readonly History[]): string {
  const byTest = [...Map.groupBy(histories, ({ suite, test }) => JSON.stringify([suite, test])).values()]
  const suites = [...new Set(histories.map(({ suite }) => suite))].join(', ')
  const anchors = new Map(histories.map((history, i) => [history, `figure-${i + 1}`]))
  const anchorOf = (history: History) => anchors.get(history) as string
  return documentOf(
    `history: ${suites}`,
    html`${banner(histories, anchorOf)}
<main>
${byTest.map((of, i) => historySection(of, `test-${i + 1}`, anchorOf))}
${words}
</main>
<footer>What was not measured, or cannot be trusted, has no figure here. The numbers behind this page are those of meshmark history --json.</footer>`,
  )
}

interface Change {
  history: History
  event: HistoryEvent
  startedAt: string
}

function banner(histories: readonly History[], anchorOf: (history: History) => string): Markup {
  const runs = new Map(histories.flatMap((one) => one.runs.map(({ run, startedAt }) => [run, startedAt])))
  const begun = [...runs.values()].sort()
  const changes = histories
    .flatMap((history) =>
      history.events.map((event) => ({ history, event, startedAt: history.runs[event.index]?.startedAt ?? '' })),
    )
    .sort((a, b) => b.startedAt.localeCompare(a.startedAt))
  const figures = `in ${histories.length} ${histories.length === 1 ? 'figure' : 'figures'} of ${runsText(runs.size)}`
  const more = changes.length - mostAtTop
  const line = ({ history, event }: Change) =>
    html`<li>${word(event)}<span>${eventText(event, history)}<br><span class="small"><a href="#${anchorOf(history)}">${historyTitle(history)}</a> · ${history.suite} › ${history.test} · ${commitsText(event, history)}</span></span></li>`
  return html`<header>
<div class="brand"><span><b>meshmark</b> history</span><span>${moment(begun[0] ?? '')} to ${moment(begun.at(-1) ?? '')} UTC</span></div>
<div class="banner">
<h1>${changesText(changes.length)} <small>${figures}</small></h1>
${changes.length > 0 && html`<ul>${changes.slice(0, mostAtTop).map(line)}</ul>`}
${more > 0 && html`<p class="note">${more} older ones stand at their figures.</p>`}
</div>
</header>`
}

const changesText = (n: number) => (n === 0 ? 'No change' : `${n} ${n === 1 ? 'change' : 'changes'}`)

/** Which way, and whether the latest run has made it certain. */
function word({ better, isNew }: HistoryEvent): Markup {
  return html`<span><span class="badge ${better ? 'pass' : 'fail'}">${better ? 'better' : 'worse'}${isNew && ', new'}</span></span>`
}
