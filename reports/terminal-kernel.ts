import { addedTime } from './added-time.ts'
import { likelyCause } from './likely-cause.ts'
import { probeCaveats, probesInWords } from './probe-notes.ts'
import type { Experiment } from './record.ts'

/** What probes saw, in lines of a label and a text: where the time went, what the tails move with, and the probes. None where there was no probe. */
export function kernelLines(experiment: Experiment): [label: string, text: string][] {
  const { probes, arms } = experiment
  if (!probes) return []
  const ran = probesInWords(experiment)
  const line =
    (label: string) =>
    (text: string): [string, string] => [label, text]
  return [
    ...arms.flatMap((arm) => addedTime(experiment, arm)).map(line('time')),
    ...arms.flatMap((arm) => likelyCause(experiment, arm) ?? []).map(line('tail')),
    ...(ran === null ? [] : [line('probes')(ran)]),
    ...probes.unavailable.map(({ probe, reason, remedy }) => line('no probe')(`${probe}: ${reason}; ${remedy}`)),
    ...probeCaveats(experiment).map(line('caveat')),
  ]
}
