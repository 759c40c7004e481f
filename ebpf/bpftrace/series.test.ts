import { expect, test } from 'vitest'
import type { ProgramOutput } from './output.ts'
import { seriesOf } from './series.ts'

const output = (maps: Partial<ProgramOutput>): ProgramOutput => ({
  ...{ histograms: {}, numbers: {}, lostEvents: 0, failedUpdates: 0, words: [] },
  ...maps,
})
const kinds = (kind: number) => ['server', 'client'][kind] ?? 'other'

test('squares of tenths of a microsecond, at three scales', () => {
  const histograms = {
    '@spread': {
      '7,9,0,0': [
        { min: 0, max: 0, count: 1 },
        { min: 512, max: 1023, count: 2 },
        { min: 1024, max: 2047, count: 0 },
        { min: 4096, max: 8191, count: 3 },
      ],
      '7,9,0,10': [{ min: 1024, max: 2047, count: 4 }],
    },
  }
  const [series] = seriesOf(output({ histograms, numbers: { '@sum': { '7,9,0': 5000 } } }), kinds)
  expect(series).toEqual({
    ...{ source: { pid: 7, netns: 9 }, kind: 'server', count: 10, sum: 5 },
    buckets: [
      { min: 0, max: 0.1, count: 1 },
      { min: 2.3, max: 3.2, count: 2 },
      { min: 6.4, max: 9.1, count: 3 },
      { min: 3276.8, max: 4710.4, count: 4 },
    ],
  })
})

test('zeros are no source, kinds of one name are one, and scratch is left out', () => {
  const numbers = { '@count': { '0,9,1': 3, '0,0,5': 1, '0,0,6': 2 }, '@queued': { '3': 123 } }
  expect(seriesOf(output({ numbers }), kinds)).toEqual([
    { source: { netns: 9 }, kind: 'client', count: 3, sum: null, buckets: [] },
    { source: {}, kind: 'other', count: 3, sum: null, buckets: [] },
  ])
})
