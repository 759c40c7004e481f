import { describe, expect, test } from 'vitest'
import type { Experiment } from '../record.ts'
import { addKernel } from '../testing/kernel.ts'
import { sampleUnits, unitVerdict } from '../testing/paired.ts'
import { sampleRecord } from '../testing/record.ts'
import { armOfUnits, unitOf } from '../testing/units.ts'
import { unitDifferences } from '../unit-differences.ts'
import { linearTicks, logTicks, spanTicks } from './axes.ts'
import { pooledLatency, spectrumPoints } from './distributions.ts'
import { type ChartName, chartNames, charts } from './index.ts'
import { kernelHistogram } from './kernel-histogram.ts'
import { armLooks } from './palette.ts'

const [openLoop, untrusted, skipped] = sampleRecord().experiments as [Experiment, Experiment, Experiment]

const paired = sampleUnits({ arms: ['baseline', 'envoy'], units: 30, rate: 200 })
const about = { indicator: 'p99Ms', unit: 'ms', limit: { max: 2 }, outcome: 'pass' } as const
const differences = unitDifferences(paired, unitVerdict(paired, 'envoy', [], about))
paired.verdicts = [
  unitVerdict(
    paired,
    'envoy',
    differences.map(({ value }) => value),
    about,
  ),
]

const probed = addKernel(structuredClone(paired))

/** Each kind of experiment has charts of its own. */
const ofTrials: readonly ChartName[] = ['trialStrip', 'latencyOverTime']
const withIt = (name: ChartName) => (ofTrials.includes(name) ? openLoop : probed)

test.for(chartNames)('%s alone is an image that needs nothing else', (name) => {
  const svg = charts[name](withIt(name), { standalone: true })
  expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"[\s\S]*<\/svg>$/)
  expect(svg).not.toMatch(/var\(|<style|<script/)
  expect(svg).toMatch(/role="img" aria-labelledby="chart-title chart-text"><title id="chart-title">[^<]+<\/title><desc/)
})

test.for(chartNames)('%s in a page takes every colour from it', (name) => {
  const svg = charts[name](withIt(name), { id: 'one' }) ?? ''
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

test('ticks enclose what is below zero as well', () => {
  expect(spanTicks(-0.4, 1.2)).toEqual([-0.5, 0, 0.5, 1, 1.5].map((tick) => expect.closeTo(tick)))
  expect(spanTicks(0, 0)).toEqual([0, expect.any(Number)])
})

test('an experiment of units has no charts of trials, nor one of trials those of units', () => {
  const drawn = (experiment: Experiment) => chartNames.filter((name) => charts[name](experiment) !== null)
  expect(drawn(paired)).toEqual(['unitDifferences', 'percentileSpectrum', 'unitsOverTime', 'resources'])
  expect(drawn(openLoop)).toEqual(['percentileSpectrum', 'trialStrip', 'latencyOverTime', 'resources'])
})

test('differences are within units that both arms have replies in, and in the unit of the verdict', () => {
  const [fast, slow] = [
    [1, 1, 1],
    [3, 3, 3],
  ]
  const arms = [
    armOfUnits('baseline', [[unitOf(0, fast), unitOf(1, fast), unitOf(2, []), unitOf(3, fast)]]),
    armOfUnits('envoy', [[unitOf(0, slow), unitOf(1, fast), unitOf(2, slow)], [unitOf(3, slow)]]),
  ]
  const of = (change: object) =>
    unitDifferences({ arms, unitMs: 1000 }, { ...unitVerdict(paired, 'envoy', [], about), ...change })
  const close = (all: [number, number][]) =>
    all.map(([seconds, value]) => ({ seconds, value: expect.closeTo(value, 2) as number }))
  expect(of({})).toEqual(
    close([
      [0.5, 2],
      [1.5, 0],
      [3.5, 2],
    ]),
  )
  expect(of({ kind: 'share' })).toEqual(
    close([
      [0.5, 3],
      [1.5, 1],
      [3.5, 3],
    ]),
  )
  expect(of({ indicator: 'p50Us' })[0]?.value).toBeCloseTo(2000, -1)
  // Two seconds together: the higher of them decides p99.
  expect(of({ units: { count: 2, lengthMs: 2000 } })).toEqual(
    close([
      [1, 2],
      [3, 2],
    ]),
  )
  expect(of({ indicator: 'errorRate' })).toEqual([])
  expect(of({ kind: 'objective' })).toEqual([])
})

test('the differences have their limit drawn in, and say in words what they show', () => {
  const svg = charts.unitDifferences(paired)
  expect(svg).toContain('≤ 2 ms')
  expect(svg).toMatch(/<desc[^>]*>envoy: 30 units, median [\d.]+ ms \[[\d.]+, [\d.]+\], limit ≤ 2 ms/)
})

test('one burst lies beyond the plot and does not flatten the rest', () => {
  const experiment = structuredClone(paired)
  const [, envoy] = experiment.arms
  const units = envoy?.trials[0]?.load.units
  if (units) units[3] = unitOf(3, Array(200).fill(900))
  const svg = charts.unitDifferences(experiment)
  expect(svg).toMatch(/\d of them beyond the plot/)
  expect([...(svg?.matchAll(/>([\d.]+)<\/text>/g) ?? [])].map(([, tick]) => Number(tick))).toContain(0.5)
})

test('what the machine did stands under the units, where it is known', () => {
  expect(charts.unitsOverTime(paired)).toContain('a sleeping thread woken, ms late')
  const blind = structuredClone(paired)
  for (const unit of blind.machine ?? []) unit.latenessUs = null
  expect(charts.unitsOverTime(blind)).not.toContain('a sleeping thread woken, ms late')
  delete blind.machine
  expect(charts.unitsOverTime(blind)).not.toContain('CPU taken away')
})

test('where a further deployment begins is marked', () => {
  expect(charts.unitsOverTime(paired)).not.toContain('next deployment')
  const experiment = structuredClone(paired)
  for (const arm of experiment.arms) {
    const units = arm.trials[0]?.load.units ?? []
    arm.trials = armOfUnits(arm.name, [units.slice(0, 15), units.slice(15)]).trials
  }
  expect(charts.unitsOverTime(experiment)).toContain('next deployment')
})

test('an experiment with kernel probes has where the time went, and without none', () => {
  expect(charts.timeSplit(paired)).toBeNull()
  const svg = charts.timeSplit(probed)
  expect(svg).toMatch(
    /<desc[^>]*>baseline: 0.18 ms, of it client 0.022, app 0.088, network 0.060, unattributed 0.0060; baseline, slowest: 0.22 ms/,
  )
  expect(svg).toContain('envoy, slowest: 0.71 ms')
  // The bars of the slowest units are longer, on the same scale.
  expect(svg).toMatch(/>0\.57<\/text>[\s\S]*>0\.71<\/text>/)
})

test('an arm whose time cannot be split has no bar', () => {
  const experiment = structuredClone(probed)
  for (const { kernel } of experiment.arms[1]?.trials ?? [])
    if (kernel?.split) Object.assign(kernel.split.all, { parts: null, reason: 'why' })
  expect(charts.timeSplit(experiment)).not.toContain('envoy: ')
})

describe('a histogram of a probe', () => {
  test('has a panel a station and a line an arm, and says in words what it shows', () => {
    const svg = kernelHistogram('runqueue')(probed, { standalone: true })
    expect(svg).not.toMatch(/var\(|<style|<script/)
    expect(svg).toMatch(
      /<desc[^>]*>client: baseline 1[12],\d+ events, p50 [\d.]+ µs, p99 [\d.]+ µs, envoy [^;]*; client proxy: envoy [^;]*; server proxy: envoy [^;]*; app: baseline /,
    )
    for (const station of ['client', 'client proxy', 'server proxy', 'app']) expect(svg).toContain(`>${station}</text>`)
  })

  test('shows the kind that the indicators are of, else the most frequent one, by its name', () => {
    const svg = kernelHistogram('requests')(probed)
    expect(svg).toContain('>client, kind client</text>')
    expect(svg).toContain('>server proxy</text>')
  })

  test('is nothing where there are no values: counted events, no such probe, an unread one', () => {
    expect(kernelHistogram('retransmits')(probed)).toBeNull()
    expect(kernelHistogram('rtt')(probed)).toBeNull()
    expect(kernelHistogram('runqueue')(paired)).toBeNull()
    const experiment = structuredClone(probed)
    for (const { kernel } of experiment.arms.flatMap(({ trials }) => trials))
      for (const reading of kernel?.readings ?? []) reading.reason = 'too many events were missed'
    expect(kernelHistogram('runqueue')(experiment)).toBeNull()
  })

  test('the shares of a line add up, and it falls to nothing where it has no events', () => {
    const experiment = structuredClone(probed)
    for (const { kernel } of experiment.arms.flatMap(({ trials }) => trials))
      for (const reading of kernel?.readings ?? [])
        for (const one of reading.series ?? [])
          one.buckets = [
            [0, 0.1, 500],
            [10, 14.1, 500],
          ]
    expect(kernelHistogram('runqueue')(experiment)).toContain('>50 %</text>')
  })
})
