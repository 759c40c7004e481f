import { isDeepStrictEqual } from 'node:util'
import type { Arm, Experiment, RunRecord, Source, Verdict } from '../record.ts'
import { escaped } from './escape.ts'

/** What was compared with what, an entry each of a list in Markdown: commits, runs, and how arms differ. Empty where there was nothing to compare. */
export function changedLines({ run, experiments }: RunRecord): string[] {
  const lines = [
    ...(run.source ? [`measured: ${sourceWords(run.source)}`] : []),
    ...(run.gate ? [runsWords(run.gate)] : []),
    ...(run.gate?.differs ?? []).map((text) => `⚠️ differs and was allowed to: ${escaped(text)}`),
    ...(run.gate?.reasons ?? []).map((text) => `⚠️ no pass: ${escaped(text)}`),
    ...experiments.flatMap(baselineWords),
    ...experiments.flatMap(armWords),
  ]
  return [...new Set(lines)].map((line) => `- ${line}`)
}

/** A commit is left as it is: GitHub makes a link of it. */
function sourceWords({ commit, ref, dirty }: Source): string {
  const name = /^[0-9a-f]{7,64}$/.test(commit) ? commit : escaped(commit)
  return [name, ref === null ? '' : ` of ${escaped(ref)}`, dirty ? ', with changes that are not committed' : ''].join(
    '',
  )
}

const idsShown = 5

function runsWords({ control, candidate }: { control: readonly string[]; candidate: readonly string[] }): string {
  const words = (ids: readonly string[]) =>
    `${ids.length === 1 ? 'run' : `${ids.length} runs:`} ${ids
      .slice(0, idsShown)
      .map((id) => escaped(id))
      .join(', ')}${ids.length > idsShown ? ', …' : ''}`
  return `candidate ${words(candidate)}; control ${words(control)}`
}

const baselineWords = ({ verdicts }: Experiment) =>
  verdicts.flatMap(({ baseline }) => (baseline ? [windowWords(baseline)] : []))

function windowWords({ runs, candidates, from, to }: NonNullable<Verdict['baseline']>): string {
  const day = (instant: string) => instant.slice(0, 16).replace('T', ' ')
  return `baseline: ${runs} runs from ${day(from)} to ${day(to)} UTC, beside ${candidates} of the candidate`
}

/** How each treatment differs from its control: commit, mesh, mode and settings that are not the same. */
function armWords({ arms }: Experiment): string[] {
  const control = arms.find((arm) => arm.control)
  if (!control) return []
  return arms
    .filter((arm) => arm !== control && arm.skipped === null)
    .flatMap((arm) => {
      const differences = differencesOf(control, arm)
      return differences.length === 0
        ? []
        : [`**${escaped(arm.name)}** over **${escaped(control.name)}**: ${differences.join('; ')}`]
    })
}

function differencesOf(control: Arm, arm: Arm): string[] {
  const commits =
    control.source && arm.source && !isDeepStrictEqual(control.source, arm.source)
      ? [`${sourceWords(control.source)} → ${sourceWords(arm.source)}`]
      : []
  const settings = [...new Set([...Object.keys(control.settings), ...Object.keys(arm.settings)])]
  const meshOf = ({ mesh, mode }: Arm) => (mode === null ? mesh : `${mesh} (${mode})`)
  const change = (name: string, before: string, after: string) =>
    `${name} ${escaped(before, 100)} → ${escaped(after, 100)}`
  // Another mesh has other settings.
  if (meshOf(control) !== meshOf(arm)) return [...commits, change('mesh', meshOf(control), meshOf(arm))]
  const changed = settings.filter((name) => !isDeepStrictEqual(control.settings[name], arm.settings[name]))
  return [
    ...commits,
    ...changed.map((name) => change(escaped(name), written(control.settings[name]), written(arm.settings[name]))),
  ]
}

const written = (value: unknown) => (value === undefined ? 'not set' : JSON.stringify(value))
