import { armLooks } from '../charts/palette.ts'
import { bitRate, decimal, mebibytes, milliseconds, orUnknown, whole } from '../numbers.ts'
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
  /** Left out where no arm has it. Absent: never. */
  has?(arm: ArmSummary): boolean
}

const changes = ({ churn }: ArmSummary) => churn !== null
const streams = ({ stream }: ArmSummary) => stream !== null
const datagrams = ({ stream }: ArmSummary) => stream !== null && stream.lossRate !== null
const delays = ({ stream }: ArmSummary) => stream !== null && stream.delayP99Us !== null

const all: Group[] = [
  { head: '', columns: [{ head: 'Achieved, /s', cell: (arm) => orUnknown(arm.achievedRate, whole) }] },
  {
    head: 'Latency, ms',
    has: (arm) => !streams(arm),
    columns: (['p50', 'p90', 'p99', 'p99.9', 'max'] as const).map((name) => ({
      head: name,
      cell: ({ latency }) => orUnknown(latency[`${name === 'p99.9' ? 'p999' : name}Us`], milliseconds),
    })),
  },
  {
    head: '',
    has: streams,
    columns: [{ head: 'Bit rate', cell: ({ stream }) => orUnknown(stream?.bitsPerSecond ?? null, bitRate) }],
  },
  {
    head: '',
    has: datagrams,
    columns: [
      { head: 'Lost', cell: ({ stream }) => orUnknown(stream?.lossRate ?? null, (rate) => `${decimal(100 * rate)} %`) },
      { head: 'Jitter, µs', cell: ({ stream }) => orUnknown(stream?.jitterUs ?? null, decimal) },
    ],
  },
  {
    head: 'One-way delay, µs',
    has: delays,
    columns: (['delayP50Us', 'delayP99Us'] as const).map((field) => ({
      head: field.slice(5, 8).toLowerCase(),
      cell: ({ stream }) => orUnknown(stream?.[field] ?? null, decimal),
    })),
  },
  {
    head: 'CPU per request, µs',
    columns: (['app', 'proxy'] as const).map((role) => ({
      head: role,
      cell: (arm) => orUnknown(arm.cpuUsPerRequest[role], decimal),
    })),
  },
  {
    head: 'Memory, MiB',
    columns: (['app', 'proxy'] as const).map((role) => ({
      head: role,
      cell: (arm) => orUnknown(arm.memoryBytes[role], mebibytes),
    })),
  },
  {
    head: 'Change, ms',
    has: changes,
    columns: (
      [
        ['push', 'pushMs'],
        ['settled', 'settledMs'],
        ['longest gap', 'longestGapMs'],
      ] as const
    ).map(([head, field]) => ({ head, cell: ({ churn }) => orUnknown(churn?.[field] ?? null, decimal) })),
  },
  {
    head: '',
    columns: [
      { head: 'Errors', cell: ({ errors }) => orUnknown(errors, whole) },
      { head: 'Valid trials', cell: ({ trials }) => `${trials.valid} of ${trials.total}` },
    ],
  },
]

/** What belongs to an arm and is no number: under its row, where it costs no column. */
function remarks({ errorsByKind, churn, evidence, cpuUsPerRequest, memoryBytes, idleCpuMs }: ArmSummary): Markup {
  const [cpu, memory] = [cpuUsPerRequest['control-plane'], memoryBytes['control-plane']]
  const controlPlane =
    cpu === null && memory === null
      ? null
      : html`<br>Control plane: ${orUnknown(cpu, decimal)} µs of CPU per request, ${orUnknown(memory, mebibytes)} MiB`
  const idle = idleCpuMs !== null && html`<br>The other arms, idle meanwhile: ${decimal(idleCpuMs)} ms of CPU a trial`
  const list = (name: string, kinds: Record<string, number>) => {
    const all = Object.entries(kinds).map(([kind, n]) => `${kind.replace('_', ' ')} ${whole(n)}`)
    return all.length > 0 ? html`<br>${name}: ${all.join(', ')}` : null
  }
  const beside = list('Errors on new connections, beside the load', churn?.errorsByKind ?? {})
  return html`<div class="remarks">Evidence: ${evidence ?? 'none recorded'}${controlPlane}${idle}${list('Errors', errorsByKind)}${beside}</div>`
}

/** Arms in rows, numbers in columns; null when no arm ran. */
export function armTable(experiment: Experiment): Markup | null {
  const arms = summarize(experiment).filter(({ trials }) => trials.total > 0)
  if (arms.length === 0) return null
  const looks = armLooks(experiment.arms)
  const groups = all.filter(({ has }) => !has || arms.some(has))
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
<p class="note">${arms.some(streams) ? 'A request is a datagram, or so many bytes as one TCP write has. What arrived is told by the receiver; bit rates, losses, jitter (RFC 3550), delays, CPU and memory are medians over the valid trials. ' : 'Latencies are medians over the valid trials of each trial’s own percentile; max is the highest of all. CPU and memory are medians over trials. '}${arms.some(changes) && 'A change counts from its acceptance by the API server: push to the first new connection that met it, settled to the last that did not. '}– stands for “not measured”.${!arms.some(streams) && html` <a href="#latency">What latency counts</a>`}</p></div>`
}
