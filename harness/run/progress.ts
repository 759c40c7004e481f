import type { ExperimentProgress, UnitsProgress } from '../experiment/progress.ts'

/** What an experiment of a run reports while it lasts. */
export type RunProgress =
  | { type: 'trial'; progress: ExperimentProgress }
  | { type: 'units'; progress: UnitsProgress }
  | { type: 'note'; text: string }

/** The same, and which experiment it is of. */
export type LiveProgress = { suite: string; test: string } & RunProgress
