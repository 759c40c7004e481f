import type { V1ContainerStatus, V1Pod } from '@kubernetes/client-node'
import { appContainer } from './manifests.ts'

/** What is known of our program in a pod. */
export interface ProgramState {
  ready: boolean
  /** Since when the program runs, or null. */
  running: boolean
  ended: { code: number; words: string; message: string } | null
  restarts: number
  /** Why the container is not started, when that will not change by waiting. */
  stuck: string | null
  /** Why no node has room for it, in the scheduler's words; null when it has a node. */
  unplaced: string | null
  /** Why it is not started yet. */
  waiting: string
}

// The kubelet would try again, for ever; what is missing or wrong does not come by that.
const hopeless = [
  'ErrImageNeverPull',
  'InvalidImageName',
  'ImagePullBackOff',
  'CreateContainerConfigError',
  'CreateContainerError',
  'RunContainerError',
]

/** Reads the state of our program out of a pod. */
export function stateOf({ status }: V1Pod): ProgramState {
  const app = status?.containerStatuses?.find(({ name }) => name === appContainer)
  const conditions = status?.conditions ?? []
  const waiting = app?.state?.waiting
  const unscheduled = conditions.find(({ type, status }) => type === 'PodScheduled' && status === 'False')
  return {
    ready: conditions.some(({ type, status }) => type === 'Ready' && status === 'True'),
    running: app?.state?.running !== undefined && app.state.running !== null,
    ended: endingOf(app) ?? evicted(status),
    restarts: app?.restartCount ?? 0,
    stuck: waiting && hopeless.includes(waiting.reason ?? '') ? `${waiting.reason}: ${waiting.message ?? ''}` : null,
    unplaced: unscheduled ? (unscheduled.message ?? 'no node has room for it') : null,
    waiting: unscheduled?.message ?? waiting?.message ?? waiting?.reason ?? status?.phase ?? 'not made yet',
  }
}

function endingOf(app: V1ContainerStatus | undefined): ProgramState['ended'] {
  const ended = app?.state?.terminated ?? (app?.restartCount ? app.lastState?.terminated : undefined)
  if (!ended) return null
  const { exitCode: code, signal, reason, message = '' } = ended
  const how = signal ? `signal ${signal}` : `exit code ${code}`
  return { code, message, words: reason && !['Error', 'Completed'].includes(reason) ? `${how} (${reason})` : how }
}

function evicted(status: V1Pod['status']): ProgramState['ended'] {
  if (status?.phase !== 'Failed') return null
  return { code: -1, words: status.reason ?? 'the pod failed', message: status.message ?? '' }
}
