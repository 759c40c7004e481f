import type { Verdict } from '../../reports/record.ts'

/** A limit that is known before anything is measured: an experiment need not last longer than until it is clear. */
export interface StatedLimit {
  kind: Verdict['kind']
  indicator: string
  limit: Verdict['limit']
  /** Absent: every arm, or of a difference every arm but the control. */
  arm?: string | undefined
  /** Of an objective without an arm: every arm but the control. */
  treatments?: true | undefined
  /** Of a difference: the other arm. Absent: the control. */
  over?: string | undefined
}
