import { latencyOverTime } from './latency-over-time.ts'
import { percentileSpectrum } from './percentile-spectrum.ts'
import { resources } from './resources.ts'
import type { Chart } from './svg.ts'
import { timeSplit } from './time-split.ts'
import { trialStrip } from './trial-strip.ts'
import { unitDifferences } from './unit-differences.ts'
import { unitsOverTime } from './units-over-time.ts'

export const charts = {
  unitDifferences,
  percentileSpectrum,
  trialStrip,
  latencyOverTime,
  unitsOverTime,
  resources,
  timeSplit,
} satisfies Record<string, Chart>

export type ChartName = keyof typeof charts
export const chartNames = Object.keys(charts) as ChartName[]
