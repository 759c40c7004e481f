import type { LoadResult } from '../../reports/load-result.ts'
import type { LoadProgress } from '../load/result/progress.ts'

/** An agent of several stands ready and waits for the beginning; `unixMs` is its clock. */
export interface LoadReady {
  type: 'ready'
  unixMs: number
}

/** What the agent writes to stdout, one JSON object a line: progress each second, then one result or one failure. */
export type AgentMessage =
  | LoadReady
  | LoadProgress
  | { type: 'result'; result: LoadResult }
  | { type: 'failure'; code: string; message: string }
