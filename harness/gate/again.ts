import type { RunRecord, Source } from '../../reports/record.ts'
import { differencesOf, differenceWords } from './differences.ts'
import { type GateRuns, type GateSettings, type Judgement, judgeRuns } from './gate.ts'

/** How the candidate is measured again. */
export interface Again {
  /** At most so often. */
  times: number
  /** Makes the run, and returns its record. */
  run(nth: number): Promise<RunRecord>
  /** Told before each run, and of what follows. */
  tell(line: string): void
}

/**
 * Judges runs, and measures the candidate again before it fails, or where it has too few runs and more would do: a run that was slow by chance is no regression. It is
 * bounded, and every run counts that is like the others. Throws as `judgeRuns`, and what `again.run` throws.
 */
export async function judgeWithAgain(runs: GateRuns, settings: GateSettings, again: Again): Promise<Judgement> {
  const candidate = [...runs.candidate]
  let judged = judgeRuns({ ...runs, candidate }, settings)
  for (let nth = 1; nth <= again.times; nth++) {
    const left = again.times - nth + 1
    if (judged.worthAgain === 0 || judged.worthAgain > left) break
    const broken = judged.verdicts.filter(({ outcome }) => outcome === 'fail').map(({ why }) => why)
    const reason = broken.length > 0 ? `a limit is broken: ${broken[0]}` : 'there are too few candidate runs'
    again.tell(`measuring the candidate again, ${nth} of at most ${again.times}: ${reason}`)
    const more = await again.run(nth)
    const unlike = differencesOf(runs.control, [...candidate, more]).filter(
      ({ kind }) => !settings.allowed.includes(kind),
    )
    if (unlike.length > 0) {
      // The machine has changed, or a rate was fitted anew: what was judged before stands.
      again.tell(
        `run ${more.run.id} is not like the others and does not count: ${unlike.map(differenceWords).join('; ')}`,
      )
      break
    }
    candidate.push(more)
    judged = judgeRuns({ ...runs, candidate }, settings)
  }
  return judged
}

/** Options of a run that make it another one. Its place, its seed and its files are not among them. */
const withValue = ['--cluster', '--mesh', '--profile', '--design', '--max-duration', '--probe']
const without = ['--share-cores', '--probe-pods']

/**
 * The arguments of `meshmark` that measure a record's suites again, as it was measured: the options of its command, without its seed. Null where its command is none
 * of ours. A record may come from anywhere: only options that are known are taken, and values that cannot be options themselves.
 */
export function againArguments({ run, experiments }: RunRecord): string[] | null {
  const words = run.command.trim().split(/\s+/)
  const from = words.indexOf('run', words.findIndex((word) => word.endsWith('meshmark')) + 1)
  const suites = [...new Set(experiments.map(({ suite }) => suite))]
  if (from < 0 || suites.length === 0 || !suites.every(isPlain)) return null
  const options: string[] = []
  for (let i = from + 1; i < words.length; i++) {
    const [word = '', value = ''] = [words[i], words[i + 1]]
    if (without.includes(word)) options.push(word)
    if (withValue.includes(word)) {
      if (!isPlain(value)) return null
      options.push(word, value)
      i++
    }
  }
  return ['run', ...suites, ...options]
}

const isPlain = (word: string) => /^[\w.:,/+][\w.:,/+-]*$/.test(word)

/** Whether what is checked out is what the candidate was: its commit, and nothing changed then or since. */
export const isCheckedOut = (candidate: Source | undefined, here: Source | null): boolean =>
  candidate !== undefined && here !== null && candidate.commit === here.commit && !candidate.dirty && !here.dirty
