import { expect, test } from 'vitest'
import { commitsText, eventText, figureText, leftOutText, noiseText, sizeText } from './history-text.ts'

const event = {
  ...{ index: 1, before: 1.4, after: 1.2, pValue: 0.001, better: true, isNew: false },
  size: { of: 'share', value: -0.1431, interval: [-0.1502, -0.13] } as const,
  commits: { from: 'a'.repeat(40), to: 'b'.repeat(40) },
}
const run = (id: string, dirty = false) => ({
  ...{ run: id, startedAt: '2026-02-20T03:00:00.000Z', value: 1, interval: null },
  source: { commit: 'c', ref: null, dirty },
})
const history = { runs: [run('one'), run('two')], unit: '×' }

test('a size has its sign, or a word for it', () => {
  expect(sizeText(event.size, '×')).toBe('−14.3 % [−15, −13]')
  expect(sizeText({ of: 'unit', value: 0.25, interval: [0.2, 0.3] }, 'ms')).toBe('+0.25 ms [0.20 ms, 0.30 ms]')
  expect(sizeText({ of: 'share', value: 0.5, interval: null }, 'ms')).toBe('+50 %')
  expect(eventText(event, history)).toBe('2026-02-20 03:00  better by 14.3 % [13, 15], 1.400 × → 1.200 ×')
})

test('figures keep the places that changes need, and no scatter is none', () => {
  expect([figureText(1.4, '×'), figureText(1.234, 'ms'), figureText(0.01, '')]).toEqual([
    '1.400 ×',
    '1.23 ms',
    '1.00 %',
  ])
  expect([noiseText(3e-8, 'µs', 30), noiseText(0.5, 'µs', 30)]).toEqual(['none', '0.50 µs'])
})

test('commits are a range, and what is not one says so', () => {
  expect(commitsText(event, history)).toBe('aaaaaaaaa..bbbbbbbbb')
  const dirty = { runs: [run('one'), run('two', true)] }
  expect(commitsText(event, dirty)).toBe('aaaaaaaaa..bbbbbbbbb, with uncommitted changes')
  const same = { ...event, commits: { from: 'a'.repeat(40), to: 'a'.repeat(40) } }
  expect(commitsText(same, history)).toBe('at the same commit aaaaaaaaa: not the code that git follows')
  expect(commitsText({ ...event, commits: { from: null, to: 'b' } }, history)).toBe('between runs one and two')
})

test('runs that are left out are counted', () => {
  expect(leftOutText({ leftOut: { environment: 0, settings: 0 } })).toBe('')
  expect(leftOutText({ leftOut: { environment: 1, settings: 2 } })).toBe(
    'left out: 1 run on other machines or clusters, 2 runs of other loads or settings',
  )
})
