import { expect, test } from 'vitest'
import type { Experiment } from '../record.ts'
import { sampleRecord } from '../testing/record.ts'
import { linearTicks, logTicks } from './axes.ts'
import { pooledLatency, spectrumPoints } from './distributions.ts'
import { chartNames, charts } from './index.ts'
import { armLooks } from './palette.ts'

const [openLoop, untrusted, skipped] = sampleRecord().experiments as [Experiment, Experiment, Experiment]

test.for(chartNames)('%s alone is an image that needs nothing else', (name) => {
  const svg = charts[name](openLoop, { standalone: true })
  expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"[\s\S]*<\/svg>$/)
  expect(svg).not.toMatch(/var\(|<style|<script/)
  expect(svg).toMatch(/role="img" aria-labelledby="chart-title chart-text"><title id="chart-title">[^<]+<\/title><desc/)
})

test.for(chartNames)('%s in a page takes every colour from it', (name) => {
  const svg = charts[name](openLoop, { id: 'one' }) ?? ''
  const painted = [...svg.matchAll(/(?:fill|stroke)="([^"]+)"/g)].map(([, paint]) => paint)
  const clips = /<clipPath[\s\S]*?<\/clipPath>/g
  const inClips = [...svg.matchAll(clips)].join('').match(/fill="#000"/g)?.length ?? 0
  expect(painted.filter((paint) => paint !== 'none' && !paint?.startsWith('var(--'))).toHaveLength(inClips)
})

test.for(chartNames)('%s of an experiment that did not run is nothing', (name) => {
  expect(charts[name](skipped)).toBeNull()
})

test('an arm that was not measured is left out, not drawn at zero', () => {
  expect(charts.resources(untrusted)).toBeNull()
  expect(charts.percentileSpectrum(untrusted)).not.toContain('envoy')
})

test('the spectrum has the objective drawn in', () => {
  expect(charts.percentileSpectrum(openLoop)).toContain('p99 ≤ 10 ms')
})

test('the spectrum goes through the percentiles of the pooled valid trials', () => {
  const envoy = openLoop.arms[1]
  const histogram = envoy && pooledLatency(envoy)
  if (!histogram) throw new Error('no histogram')
  expect(histogram.totalCount).toBe(9 * 6000)
  const points = spectrumPoints(histogram)
  const p99 = points.find(([x]) => Math.abs(x - 2) < 1e-9)
  expect(p99?.[1]).toBe(histogram.getValueAtPercentile(99) / 1e6)
  expect(points.at(-1)?.[0]).toBeCloseTo(Math.log10(54_000))
})

test('a histogram that cannot be read names its trial', () => {
  const arm = structuredClone(openLoop.arms[0] as Experiment['arms'][number])
  const trial = arm.trials[0]
  if (trial) trial.load.latency.histogram = 'HISTFAAAAnonsense'
  expect(() => pooledLatency(arm)).toThrow('the latency histogram of trial 1 of baseline cannot be read')
})

test('arms differ by more than their hue, and the control is the same grey everywhere', () => {
  const arm = (name: string, control = false) => ({ ...openLoop.arms[0], name, control }) as Experiment['arms'][number]
  const looks = armLooks([arm('a'), arm('control', true), ...['b', 'c', 'd', 'e', 'f', 'g'].map((name) => arm(name))])
  expect(looks.get('control')).toMatchObject({ colour: 'var(--control)', mark: 'circle' })
  const seen = [...looks.values()].map((look) => JSON.stringify(look))
  expect(new Set(seen).size).toBe(looks.size)
})

test('ticks enclose the values', () => {
  expect(logTicks([0.13, 5.4])).toEqual([0.1, 0.2, 0.5, 1, 2, 5, 10].map((tick) => expect.closeTo(tick)))
  expect(logTicks([1, 1])).toHaveLength(2)
  expect(linearTicks(1.93)).toEqual([0, 0.5, 1, 1.5, 2])
  expect(linearTicks(0)).toHaveLength(1)
})
