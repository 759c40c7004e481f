import { latencyOverTime } from './latency-over-time.ts'
import { percentileSpectrum } from './percentile-spectrum.ts'
import { resources } from './resources.ts'
import type { Chart } from './svg.ts'
import { trialStrip } from './trial-strip.ts'

export const charts = { percentileSpectrum, trialStrip, latencyOverTime, resources } satisfies Record<string, Chart>

export type ChartName = keyof typeof charts
export const chartNames = Object.keys(charts) as ChartName[]
