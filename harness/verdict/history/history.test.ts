import { describe, expect, test } from 'vitest'
import { historyOf } from './history.ts'
import { seriesOf } from './series.ts'
import { figuresFrom, madeRun } from './testing.ts'
import { madeSeries, madeValues } from './testing-series.ts'

const only = (figures: Parameters<typeof seriesOf>[0]) => {
  const [series, ...more] = seriesOf(figures)
  expect(more).toEqual([])
  if (!series) throw new Error('no series')
  return series
}
const historyFrom = (values: readonly number[], window?: number) => historyOf(only(figuresFrom(values)), window)

describe('series', () => {
  test('the ratio to the control goes before the value, which others keep', () => {
    const value = { form: 'value', over: null, unit: 'ms' } as const
    const figures = [
      ...figuresFrom([1, 2], { ...value, arm: 'baseline' }),
      ...figuresFrom([3, 4], value),
      ...figuresFrom([1.3, 1.4]),
    ]
    const series = seriesOf(figures)
    expect(series.map(({ figures }) => figures.map(({ arm, form, value }) => [arm, form, value]))).toEqual([
      [
        ['baseline', 'value', 1],
        ['baseline', 'value', 2],
      ],
      [
        ['envoy', 'ratio', 1.3],
        ['envoy', 'ratio', 1.4],
      ],
    ])
  })

  test('runs elsewhere, and of another load, are no part of the newest run’s series, and are counted', () => {
    const all = figuresFrom([1, 2, 3, 4, 5, 6])
    const figures = all.map((figure, i) => ({
      ...figure,
      ...(i < 2 ? { environment: 'laptop' } : i < 3 ? { settings: 'other' } : {}),
    }))
    const { figures: kept, leftOut } = only(figures.toReversed())
    expect(kept.map(({ value }) => value)).toEqual([4, 5, 6])
    expect(leftOut).toEqual({ environment: 2, settings: 1 })
  })

  test('a run that measured the same twice counts once', () => {
    const { figures } = only([...figuresFrom([1, 2]), ...figuresFrom([3])])
    expect(figures.map(({ run, value }) => [run, value])).toEqual([
      [madeRun(0), 2],
      [madeRun(1), 2],
    ])
  })
})

describe('history', () => {
  test('a change is one event with its size, its interval and its direction', () => {
    const { events } = historyFrom(madeSeries['two steps'])
    expect(events).toMatchObject([
      { index: 50, better: false, isNew: false },
      { index: 100, better: true, isNew: false },
    ])
    for (const [i, share] of [0.107, -0.058].entries()) {
      const { value, interval, of } = events[i]?.size ?? {}
      expect(of).toBe('share')
      expect(value).toBeCloseTo(share, 1)
      expect(interval?.[0]).toBeLessThan(share)
      expect(interval?.[1]).toBeGreaterThan(share)
    }
  })

  test('it is new with the run that makes it certain, and never again', () => {
    const values = madeValues(80, (i) => (i < 40 ? 1.4 : 1.65))
    const news = [42, 43, 44, 45, 60].map((n) => historyFrom(values.slice(0, n)).events.map((one) => one.isNew))
    expect(news).toEqual([[], [], [true], [false], [false]])
  })

  test('the baseline is what lies between the last change and the latest run, at most so many', () => {
    const values = madeValues(120, (i) => (i < 60 ? 1 : 2))
    const { baseline } = historyFrom([...values, 9])
    expect(baseline).toMatchObject({ runs: 50, from: '2026-03-12T03:00:00.000Z', to: '2026-04-30T03:00:00.000Z' })
    expect(baseline?.median).toBeCloseTo(2, 1)
    expect(baseline?.noise).toBeCloseTo(0.03, 1)
    expect(historyFrom(values, 10).baseline?.runs).toBe(10)
    expect(historyFrom(values.slice(0, 80)).baseline?.runs).toBe(19)
    expect(historyFrom([1]).baseline).toBeNull()
    expect(historyFrom([1, 2]).baseline).toMatchObject({ runs: 1, median: 1, noise: null })
  })

  test('a drift is a trend, and a flat series has none', () => {
    const { events, trend } = historyFrom(madeSeries['a drift'])
    expect(events).toEqual([])
    expect(trend).toMatchObject({ first: 0, clear: true, size: { of: 'share' } })
    expect(trend?.size.value).toBeCloseTo(0.3 / 1.4, 1)
    expect(historyFrom(madeSeries.flat).trend?.clear).toBe(false)
    expect(historyFrom(madeSeries['a late step']).trend).toBeNull()
  })

  test('what is 0 and below changes in its unit', () => {
    const [event] = historyFrom([...new Array(20).fill(0), ...new Array(20).fill(0.5)]).events
    expect(event).toMatchObject({ index: 20, before: 0, after: 0.5, size: { of: 'unit', value: 0.5 } })
  })

  test('the noise is that of runs between changes', () => {
    expect(historyFrom(madeSeries['a staircase']).noise).toBeCloseTo(0.03, 1)
    expect(historyFrom([1]).noise).toBeNull()
  })
})
