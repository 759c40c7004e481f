import type { Source } from './record.ts'

/**
 * One figure of one run: what histories, and gates on records, count. Of an arm by itself (`value`), or of a treatment beside the control
 * that was loaded with it (`ratio`), which leaves out what the machine did to both.
 */
export interface Figure {
  run: string
  /** ISO 8601. */
  startedAt: string
  source: Source | null
  /** Runs with the same stood on like machines, kernels and clusters. */
  environment: string
  /** Experiments with the same had one workload, load and design; their arms one mesh, mode and settings. */
  settings: string
  suite: string
  test: string
  arm: string
  /** The control, of a ratio; null of a value. */
  over: string | null
  /** As in `reports/indicators.ts`. */
  indicator: string
  /** The indicator's; "×" of a ratio. */
  unit: string
  form: 'value' | 'ratio'
  value: number
  /** Within the run, at 95 %: it knows nothing of what differs from run to run. Null where there were too few units or trials. */
  interval: readonly [number, number] | null
}
