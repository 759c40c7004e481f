import type { ProcessId } from '../process.ts'

/** A process, and what its strategy asks for. */
export interface Assigned extends ProcessId {
  priority: number
  /** 0: as it is. */
  executionTimeNs: bigint
  /** Its pod; `whole`: all of the pod's processes have this strategy, so that the pod's weight goes with it. */
  pod: { uid: string; whole: boolean } | null
}

/** A process as a key of maps. */
export const keyOf = ({ pid, startTime }: ProcessId) => `${pid}.${startTime}`
