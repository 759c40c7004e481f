import type { Experiment, Outcome } from '../record.ts'
import { html, type Markup, raw } from './markup.ts'

export type Badge = Outcome | 'skipped'

// Drawn rather than taken from a font, which may not have the sign. The shape means the same as the colour.
const icons: Record<Badge, string> = {
  pass: '<path d="M3.5 8.5l3 3 6-7"/>',
  fail: '<path d="M4 4l8 8M12 4l-8 8"/>',
  inconclusive: '<path d="M2.5 6.5c2-2.5 4-2 5.5 0s3.5 2.5 5.5 0M2.5 11c2-2.5 4-2 5.5 0s3.5 2.5 5.5 0"/>',
  invalid: '<path d="M8 3v6M8 12.4v.2"/>',
  skipped: '<path d="M3.5 8h9"/>',
}

/** The outcome as a word with its sign. */
export function badge(outcome: Badge): Markup {
  const icon = raw(`<svg viewBox="0 0 16 16" aria-hidden="true">${icons[outcome]}</svg>`)
  return html`<span class="badge ${outcome}">${icon}${outcome}</span>`
}

const gravity: Badge[] = ['fail', 'invalid', 'inconclusive', 'pass']

/** The gravest of an experiment's verdicts; without any, what became of its test. */
export function outcomeOf({ verdicts, status }: Experiment): Badge {
  const found = gravity.find((outcome) => verdicts.some((verdict) => verdict.outcome === outcome))
  if (status === 'skipped') return 'skipped'
  // A test can break for a reason that is no verdict.
  return status === 'failed' ? (found && found !== 'pass' ? found : 'invalid') : (found ?? 'pass')
}
