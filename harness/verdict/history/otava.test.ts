import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { changePoints } from './change-points.ts'
import { askOtava, howToGet, type OtavaOutput } from './testing-otava.ts'
import { type MadeSeries, madeSeries } from './testing-series.ts'

/** Recorded output: what version and command made it is said in it. */
const recorded = JSON.parse(readFileSync(join(import.meta.dirname, 'recorded/otava.json'), 'utf8')) as OtavaOutput

const names = Object.keys(madeSeries) as MadeSeries[]
const ours = (name: MadeSeries) => changePoints(madeSeries[name]).map(({ index }) => index)

describe('change points are those that Apache Otava finds, as recorded', () => {
  test.for(names.filter((name) => name !== 'a drift'))('%s', (name) => {
    expect(recorded.changes[name]).toBeDefined()
    expect(ours(name)).toEqual(recorded.changes[name])
  })

  test('but of a drift, which it takes for steps', () => {
    expect(recorded.changes['a drift']?.length).toBeGreaterThan(3)
    expect(ours('a drift')).toEqual([])
  })
})

test('Otava still finds what is recorded', { timeout: 60_000 }, async ({ skip }) => {
  const found = await askOtava()
  if (found === null) skip(`there is no otava on the PATH: ${howToGet}`)
  expect(found?.changes).toEqual(recorded.changes)
})
