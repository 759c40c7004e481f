import { armLooks } from '../charts/palette.ts'
import { cellText, shownIndicators } from '../columns.ts'
import { decimal, mebibytes, orUnknown, whole } from '../numbers.ts'
import type { Experiment } from '../record.ts'
import { type ArmSummary, summarize } from '../summary.ts'
import { html, type Markup } from './markup.ts'

interface Column {
  head: string
  cell(arm: ArmSummary): string
}

interface Group {
  head: string
  columns: Column[]
}

/** Neighbours that share a head are one group; those without one stand alone. */
function groupsOf(arms: readonly ArmSummary[]): Group[] {
  const groups: Group[] = []
  for (const indicator of shownIndicators(arms, 'page')) {
    const { group: head, head: columnHead } = indicator.page
    const column: Column = { head: columnHead, cell: (arm) => cellText(arm, indicator) }
    const last = groups.at(-1)
    if (last && head !== '' && last.head === head) last.columns.push(column)
    else groups.push({ head, columns: [column] })
  }
  return [...groups, countsOf(arms)]
}

const countsOf = (arms: readonly ArmSummary[]): Group => ({
  head: '',
  columns: [
    { head: 'Errors', cell: ({ errors }) => orUnknown(errors, whole) },
    arms.some(({ units }) => units)
      ? { head: 'Seconds', cell: ({ units }) => orUnknown(units?.seconds ?? null, whole) }
      : { head: 'Valid trials', cell: ({ trials }) => `${trials.valid} of ${trials.total}` },
  ],
})

/** What belongs to an arm and is no number: under its row, where it costs no column. */
function remarks({ errorsByKind, newConnectionErrorsByKind, evidence, values, idleCpuMs }: ArmSummary): Markup {
  const { controlPlaneCpuUsPerRequest: cpu = null, controlPlaneMemoryBytes: memory = null } = values
  const controlPlane =
    cpu === null && memory === null
      ? null
      : html`<br>Control plane: ${orUnknown(cpu, decimal)} µs of CPU per request, ${orUnknown(memory, mebibytes)} MiB`
  const idle = idleCpuMs !== null && html`<br>The other arms, idle meanwhile: ${decimal(idleCpuMs)} ms of CPU a trial`
  const list = (name: string, kinds: Record<string, number>) => {
    const all = Object.entries(kinds).map(([kind, n]) => `${kind.replace('_', ' ')} ${whole(n)}`)
    return all.length > 0 ? html`<br>${name}: ${all.join(', ')}` : null
  }
  const beside = list('Errors on new connections, beside the load', newConnectionErrorsByKind)
  return html`<div class="remarks">Evidence: ${evidence ?? 'none recorded'}${controlPlane}${idle}${list('Errors', errorsByKind)}${beside}</div>`
}

/** Arms in rows, numbers in columns; null when no arm ran. */
export function armTable(experiment: Experiment): Markup | null {
  const arms = summarize(experiment).filter(({ trials }) => trials.total > 0)
  if (arms.length === 0) return null
  const looks = armLooks(experiment.arms)
  const groups = groupsOf(arms)
  const columnCount = groups.reduce((sum, { columns }) => sum + columns.length, 0)
  const first = (i: number) => (i === 0 ? ' first' : '')
  return html`<div class="block"><div class="scroll arms" role="region" aria-label="Comparison of the arms" tabindex="0"><table>
<thead>
<tr><th scope="col" rowspan="2">Arm</th>
${groups.map(({ head, columns }) =>
  head === ''
    ? columns.map((column, i) => html`<th scope="col" rowspan="2" class="num${first(i)}">${column.head}</th>`)
    : html`<th scope="colgroup" class="group" colspan="${columns.length}">${head}</th>`,
)}</tr>
<tr>${groups
    .filter(({ head }) => head !== '')
    .map(({ columns }) =>
      columns.map((column, i) => html`<th scope="col" class="num${first(i)}">${column.head}</th>`),
    )}</tr>
</thead>
<tbody>${arms.map(
    (
      arm,
    ) => html`<tr><th scope="row" rowspan="2"><div class="name"><span class="key" style="background:${looks.get(arm.arm)?.colour}"></span><span>${arm.arm}</span></div></th>
${groups.map(({ columns }) => columns.map((column, i) => html`<td class="num${first(i)}">${column.cell(arm)}</td>`))}</tr>
<tr class="under"><td colspan="${columnCount}">${remarks(arm)}</td></tr>`,
  )}</tbody>
</table></div>
<p class="note">${noteOn(arms)}</p></div>`
}

function noteOn(arms: readonly ArmSummary[]): Markup {
  const streams = arms.some((arm) => arm.streams)
  const figures = streams
    ? 'A request is a datagram, or so many bytes as one TCP write has. The receiver counts what arrived; bit rates, losses, jitter (RFC 3550), delays, CPU and memory are medians over the valid trials.'
    : arms.some(({ units }) => units)
      ? 'Latencies are of all requests of an arm together. Verdicts are on differences within units, in which the machine’s bursts fall on all arms alike: they need not equal differences of this table.'
      : 'Latencies are medians over the valid trials of each trial’s own percentile; max is the highest of all. CPU and memory are medians over trials.'
  const changes =
    'A change counts from its acceptance by the API server: push to the first new connection that met it, settled to the last that did not. '
  return html`${figures} ${arms.some((arm) => arm.changes) && changes}– stands for “not measured”.${!streams && html` <a href="#latency">What latency counts</a>`}`
}
