import type { LoadResult, Unit } from '../../reports/load-result.ts'
import type { LoadProgress } from '../load/result/progress.ts'

/** An agent of several stands ready and waits for the beginning; `unixMs` is its clock. */
export interface LoadReady {
  type: 'ready'
  unixMs: number
}

/** The measured part begins: from here on there is something to be told of. */
export interface LoadMeasuring {
  type: 'measuring'
}

/** A unit of the load is over, and everything that was due in it has ended. */
export interface LoadUnit {
  type: 'unit'
  unit: Unit
}

/** What the agent writes to stdout, one JSON object a line: progress and finished units each second, when the measured part begins, then one result or one failure. */
export type AgentMessage =
  | LoadReady
  | LoadMeasuring
  | LoadProgress
  | LoadUnit
  | { type: 'result'; result: LoadResult }
  | { type: 'failure'; code: string; message: string }
