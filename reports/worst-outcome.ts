import type { Outcome } from './record.ts'

const gravest = ['fail', 'invalid', 'inconclusive'] as const

/** The worst that counts for an exit code: a broken objective, then what cannot be trusted, then what is not known. Of none: pass. */
export const worstOutcome = (all: readonly Outcome[]): Outcome =>
  gravest.find((outcome) => all.includes(outcome)) ?? 'pass'
