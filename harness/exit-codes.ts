import type { Outcome } from '../reports/record.ts'

/** What the command line's exit code says. */
export const exitCodes = {
  pass: 0,
  /** An objective or budget is broken. */
  fail: 1,
  /** Wrong use or configuration; nothing was started. */
  usage: 2,
  /** Too noisy, too few trials, or an arm that could not run here. */
  inconclusive: 3,
  /** The trials cannot be trusted, or could not be carried out. */
  invalid: 4,
  interrupted: 130,
} as const satisfies Record<Outcome | 'usage' | 'interrupted', number>
