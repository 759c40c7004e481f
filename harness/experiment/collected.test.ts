import { expect, test } from 'vitest'
import type { Unit } from '../../reports/load-result.ts'
import { CollectedUnits } from './collected.ts'

const unit = (index: number): Unit => ({
  ...{ index, requests: 1, errors: {}, latency: '', serviceTime: '', sendLagP50Us: null, sendLagP99Us: null },
})

test('units count once all arms have finished them, and go on from the deployment before', async () => {
  const units = new CollectedUnits(2)
  const news = units.changed()
  units.add(0, unit(0))
  expect(units.count).toBe(0)
  units.startAt(20)
  await news
  units.add(0, unit(1))
  expect(units.count).toBe(0)
  units.add(1, unit(0))
  expect(units.count).toBe(1)
  expect(units.of(0).map(({ index }) => index)).toEqual([20])
  // The arm lost the second unit: it has a gap.
  units.add(1, unit(2))
  units.add(0, unit(2))
  expect(units.count).toBe(3)
  expect(units.of(1).map(({ index }) => index)).toEqual([20, 22])
})
