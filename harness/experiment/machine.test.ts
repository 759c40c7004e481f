import { expect, test } from 'vitest'
import { machineUnitSchema } from '../../reports/record.ts'
import { unixNow } from '../agent/begin.ts'
import { MachineWatch } from './machine.ts'

test('every unit is read once, in order, also while our own thread is busy', async () => {
  await using watch = new MachineWatch({ unitMs: 50, roots: [process.pid] })
  expect(watch.units()).toEqual([])
  watch.begin(unixNow() + 50)
  await expect.poll(() => watch.units().length, { timeout: 20_000 }).toBeGreaterThanOrEqual(2)
  const before = watch.units().length
  const until = performance.now() + 500
  while (performance.now() < until);
  await expect.poll(() => watch.units().length, { timeout: 20_000 }).toBeGreaterThanOrEqual(before + 9)
  const units = watch.units()
  expect(units.map(({ index }) => index)).toEqual(units.map((_, i) => i))
  for (const unit of units) {
    machineUnitSchema.parse(unit)
    expect(unit.latenessUs).toBeGreaterThanOrEqual(0)
  }
})

test('what is foreign is not known where the own processes are not', async () => {
  await using watch = new MachineWatch({ unitMs: 20, roots: null })
  watch.begin(unixNow())
  await expect.poll(() => watch.units().length, { timeout: 20_000 }).toBeGreaterThanOrEqual(1)
  expect(watch.units()[0]?.foreignCpuShare).toBeNull()
})

test('it ends when it is disposed of: before it began, before unit 0, and twice', async () => {
  await new MachineWatch({ unitMs: 1000, roots: null })[Symbol.asyncDispose]()
  const watch = new MachineWatch({ unitMs: 1000, roots: null })
  watch.begin(unixNow() + 600_000)
  await watch[Symbol.asyncDispose]()
  await watch[Symbol.asyncDispose]()
  expect(watch.units()).toEqual([])
})
