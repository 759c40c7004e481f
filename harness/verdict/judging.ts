import type { Experiment } from '../../reports/record.ts'

/** What judging takes of an experiment besides its arms. Without `unitMs` units are a second. */
export type Judging = Pick<Experiment, 'seed' | 'unitMs' | 'machine'>
