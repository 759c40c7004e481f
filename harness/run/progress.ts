import type { ExperimentProgress } from '../experiment/progress.ts'

/** What an experiment of a run reports while it lasts. */
export type RunProgress = { type: 'trial'; progress: ExperimentProgress } | { type: 'note'; text: string }
