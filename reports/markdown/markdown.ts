import { machineWords } from '../certainty.ts'
import { againWords } from '../conditions.ts'
import { headline } from '../headline.ts'
import { span } from '../numbers.ts'
import type { RunRecord } from '../record.ts'
import { armFigures } from './arm-figures.ts'
import { changedLines } from './changed.ts'
import { escaped, fenced, link } from './escape.ts'
import { type Section, sectionsOf, sectionText } from './sections.ts'
import { signed } from './verdict-table.ts'

/** GitHub takes a comment of 65,536 characters; a marker comes on top. */
const longest = 65_000
/** For the line that says what was left out. */
const reserved = 300

export interface MarkdownOptions {
  /** Of the page, or of the run that has it. Throws TypeError where it is no http(s) address. */
  pageUrl?: string
}

/**
 * A run for the comment of a pull request and for the summary of a job: the verdict first, the verdicts with their intervals and noise
 * floor, the gravest first, what changed, then figures and how it was measured, folded. What GitHub's limit leaves no room for is counted.
 */
export function renderMarkdown(record: RunRecord, { pageUrl }: MarkdownOptions = {}): string {
  const { run } = record
  const parts = [
    `### ${signed(run.outcome)}: ${headline(record)}`,
    [...(pageUrl === undefined ? [] : [link('**The page of this run**', pageUrl)]), ...facts(record)].join(' · '),
  ]
  const room = () => longest - reserved - parts.join('\n\n').length
  const add = (part: string) => {
    const fits = part !== '' && part.length + 2 <= room()
    if (fits) parts.push(part)
    return fits
  }
  const sections = sectionsOf(record)
  const open = sections.filter(({ status }) => status !== 'pass')
  const kept = sections.filter(({ status }) => status === 'pass')
  let leftOut = 0
  const show = (section: Section) => {
    const { text, leftOut: here } = sectionText(section, room() - 2)
    if (text !== '') parts.push(text)
    leftOut += here
  }
  for (const section of open.length > 0 ? open : kept) show(section)
  const changed = changedLines(record)
  if (changed.length > 0) add(`#### What changed\n\n${changed.join('\n')}`)
  if (open.length > 0 && kept.length > 0) {
    const before = parts.length
    for (const section of kept) show(section)
    const shown = parts.splice(before)
    if (shown.length > 0)
      parts.push(folded(`${kept.length} ${kept.length === 1 ? 'test' : 'tests'} kept every limit`, shown.join('\n\n')))
  }
  const unfolded = add(folded('Figures of the arms', figuresOf(record)))
  add(folded('How it was measured', howOf(record)))
  const more = [
    ...(leftOut > 0
      ? [`${leftOut.toLocaleString('en-US')} more verdicts are left out here, none graver than those above`]
      : []),
    ...(unfolded ? [] : ['the figures of the arms are left out here']),
  ]
  if (more.length > 0) parts.push(`*${more.join('; ')}: the page has them all.*`)
  return `${parts.join('\n\n')}\n`
}

/** GitHub takes Markdown inside when there is an empty line before it. */
const folded = (summary: string, body: string) => `<details><summary>${summary}</summary>\n\n${body}\n\n</details>`

function facts({ run, environment, experiments }: RunRecord): string[] {
  const { cores, cpuModel } = environment
  const designs = [...new Set(experiments.flatMap(({ design, arms }) => (arms.length > 0 ? [design ?? 'trials'] : [])))]
  return [
    'meshmark',
    escaped(run.cluster.provider),
    ...designs,
    `${cores} ${cores === 1 ? 'core' : 'cores'} of ${escaped(cpuModel, 100)}`,
    `took ${span(run.durationMs)}`,
  ]
}

const figuresOf = ({ experiments }: RunRecord) =>
  experiments
    .flatMap((experiment) => {
      const table = armFigures(experiment)
      return table === null ? [] : [`${escaped(`${experiment.suite} › ${experiment.test}`, 200)}\n\n${table}`]
    })
    .join('\n\n')

function howOf({ run, environment, experiments }: RunRecord): string {
  const machines = experiments.flatMap((experiment) => machineWords(experiment) ?? [])
  const { os, kernel, versions } = environment
  const list = [
    `run ${escaped(run.id)}, begun ${run.startedAt.slice(0, 16).replace('T', ' ')} UTC, profile ${escaped(run.profile)}, seed ${run.seed}`,
    `${escaped(os)}, kernel ${escaped(kernel)}; ${Object.entries(versions)
      .map(([name, version]) => escaped(`${name} ${version}`))
      .join(', ')}`,
    ...new Set(machines.map((words) => `the machine ${escaped(words)}`)),
    ...experiments.flatMap(({ again = [] }) => again.map((before) => escaped(againWords(before)))),
  ]
  return `${list.map((line) => `- ${line}`).join('\n')}\n\n${fenced(run.command)}`
}
