import { styleText } from 'node:util'
import { adviceOf } from './advice.ts'
import { basis, machineWords, sensitivity } from './certainty.ts'
import { claimOf } from './claim.ts'
import { conditionsOf } from './conditions.ts'
import { leftOutOf } from './left-out.ts'
import type { Experiment, Outcome, Verdict } from './record.ts'
import { summarize } from './summary.ts'
import { kernelLines } from './terminal-kernel.ts'
import { armTable } from './terminal-table.ts'
import { indent, labelled, oneLine, type Paint, plain, type Style, wrap } from './terminal-text.ts'
import { type Why, whysOnce, whyText } from './whys.ts'

export interface TerminalOptions {
  colour: boolean
  /** Width of the terminal; what does not fit wraps, columns of less weight go first. */
  columns: number
  /** The cluster's provider. */
  cluster: string
}

/** How wide a line of two sides may become. */
const widest = 100
const noteWidth = 'left out'.length

const outcomeStyles: Record<Outcome, Style> = {
  pass: 'green',
  fail: ['red', 'bold'],
  inconclusive: 'yellow',
  invalid: 'magenta',
}

/**
 * An experiment for the terminal: what was asked, a table of the arms with the evidence beside it, a line for each verdict and what
 * stands behind it, what kernel probes saw, what does not count, then on what machine and how, and what to do about verdicts that are open. Without a final
 * line break.
 */
export function renderSummary(experiment: Experiment, { colour, columns: width, cluster }: TerminalOptions): string {
  const paint: Paint = (style, text) => (colour ? styleText(style, text, { validateStream: false }) : text)
  const whys = whysOnce(experiment.verdicts)
  const verdicts = experiment.verdicts.flatMap((verdict, i) =>
    verdictLines(verdict, whys[i] as Why, experiment, width, paint),
  )
  return [
    ...heading(experiment, cluster, width, paint),
    ...armTable(summarize(experiment), width, paint),
    ...verdicts,
    ...notes(experiment).flatMap(([label, style, text]) =>
      labelled(label.padEnd(noteWidth), style, text, width, paint),
    ),
  ].join('\n')
}

function heading(
  { suite, test, arms, design = 'trials', seed }: Experiment,
  cluster: string,
  width: number,
  paint: Paint,
) {
  const title = oneLine(`${suite} › ${test}`)
  const how = [cluster, ...(arms.length > 0 ? [design] : []), `seed ${seed}`].join(' · ')
  const room = Math.min(width, widest) - title.length
  const lines = wrap(title, width).map((line) => paint('bold', line))
  if (room < how.length + indent.length) return [...lines, indent + paint('dim', how)]
  return [paint('bold', title) + paint('dim', how.padStart(room))]
}

function verdictLines(verdict: Verdict, why: Why, { arms }: Experiment, width: number, paint: Paint): string[] {
  // Against the control it goes without saying.
  const control = arms.find((arm) => arm.control)?.name
  const { sentence, interval, limit } = claimOf(verdict, { nameOther: verdict.over !== control })
  const style = outcomeStyles[verdict.outcome]
  // Without a measurement the reason has all that the sentence has.
  if (verdict.measured === null) return labelled(verdict.outcome, style, whyText(why), width, paint)
  const sure = sensitivity(verdict)
  const claim = [sentence, interval, limit].filter(Boolean).join('  ') + (sure && `     ${sure}`)
  const reasons = verdict.outcome === 'invalid' ? [whyText(why)] : why.more
  const behind = [...reasons, ...basis(verdict)].join(' · ')
  const inset = ' '.repeat(indent.length + verdict.outcome.length + 2)
  return [
    ...labelled(verdict.outcome, style, claim, width, paint),
    ...(behind === '' ? [] : wrap(plain(behind), width - inset.length).map((line) => inset + paint('dim', line))),
  ]
}

const kernelStyles: Record<string, Style> = { 'no probe': 'cyan', caveat: 'yellow' }

type Note = [label: string, style: Style, text: string]

function notes(experiment: Experiment): Note[] {
  const { arms, verdicts, status, message } = experiment
  // Of these the reason is shown whole.
  const said = verdicts.filter(({ interval, outcome }) => interval === null || outcome === 'invalid')
  const leftOut = leftOutOf(experiment).filter(({ why }) => !said.some((verdict) => verdict.why.includes(why)))
  const machine = machineWords(experiment)
  const advice = adviceOf(experiment)
  return [
    ...kernelLines(experiment).map(([label, text]): Note => [label, kernelStyles[label] ?? 'dim', text]),
    ...leftOut.map(({ what, why }): Note => ['left out', outcomeStyles.invalid, `${what}: ${why}`]),
    ...arms
      .filter((arm) => arm.skipped !== null)
      .map((arm): Note => ['skipped', 'cyan', `${arm.name}: ${arm.skipped}`]),
    ...(message === null ? [] : [[status, status === 'failed' ? outcomeStyles.fail : 'cyan', message] satisfies Note]),
    ...(machine === null ? [] : [['machine', 'dim', machine] satisfies Note]),
    ...conditionsOf(experiment).map(([about, text]): Note => [about, 'dim', text]),
    ...(advice === null ? [] : [['to do', 'yellow', advice] satisfies Note]),
  ]
}
