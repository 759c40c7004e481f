import { expect, test } from 'vitest'
import type { Run } from './runs.ts'
import { rateText, shortTable, trustTable } from './table.ts'

const run = (change: Partial<Run> = {}): Run => ({
  ...{ rule: 'paired', from: 'live', neighbour: 'none', question: 'same', answer: 'inconclusive', seconds: 30 },
  ...change,
})
const isFail = ({ answer }: Run) => answer === 'fail'

test('a rate has its count and its interval: none of 100 is at most 3.6 %', () => {
  expect(
    rateText(
      Array.from({ length: 100 }, () => run()),
      isFail,
    ),
  ).toBe('0/100 [0, 3.6] %')
  expect(rateText([run({ answer: 'fail' }), run()], isFail)).toBe('1/2 [1.3, 99] %')
  expect(rateText([], isFail)).toBe('')
})

test('a row for each rule and neighbour of which there are runs', () => {
  const lines = trustTable([
    run(),
    run({ rule: 'one run', from: 'redrawn', question: 'busy5', answer: 'fail', seconds: 60 }),
    run({ neighbour: 'steady', question: 'budget', answer: 'pass', seconds: 14 }),
    run({ neighbour: 'steady', question: 'budget', answer: 'invalid', seconds: 60 }),
  ]).split('\n')
  const cells = lines.map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
  expect(new Set(cells.map(({ length }) => length)).size).toBe(1)
  expect(cells.slice(2).map((row) => row.slice(0, 3))).toEqual([
    ['paired', 'live', '–'],
    ['paired', 'live', 'half a core'],
    ['one run of 30 s, + 10 %', 'redrawn', '–'],
  ])
  const column = (title: string) => cells.slice(2).map((row) => row[cells[0]?.indexOf(title) ?? -1])
  expect(column('false fail')).toEqual(['0/1 [0, 97] %', '', ''])
  expect(column('no answer to it')).toEqual(['', '1/2 [1.3, 99] %', ''])
  expect(column('busy, 5 % of p50')).toEqual(['', '', '1/1 [2.5, 100] %'])
  expect(column('seconds to an answer')).toEqual(['', '14, 9 of 10 ≤ 14', '60, 9 of 10 ≤ 60'])
})

test('in short neighbours and sources are counted together', () => {
  const lines = shortTable([
    run({ neighbour: 'steady' }),
    run({ neighbour: 'bursts', from: 'redrawn' }),
    run({ question: 'busy5', answer: 'fail' }),
  ]).split('\n')
  expect(lines.slice(2)).toEqual([
    '| paired |  | 1/1 |  |  |  |  |',
    '| paired, neighbour | 0/2 [0, 84] % |  |  |  |  |  |',
  ])
})
