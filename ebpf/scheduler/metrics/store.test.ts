import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { testFolder } from '../testing.ts'
import type { Values } from './definitions.ts'
import { parseSamples } from './sample.ts'
import { defaultRetention, MetricsStore, type Retention } from './store.ts'

const at = (atMs: number, values: Values) => ({ atMs, values, extra: {} })
const all = { source: 'a', sinceMs: 0, untilMs: 1e12 }
const nowMs = 1_000_000

function openStore(retention: Retention = defaultRetention, file = join(testFolder(), 'metrics.sqlite')) {
  return new MetricsStore(file, retention)
}

test('samples come back as they were sent, after the file was closed and opened', () => {
  const file = join(testFolder(), 'metrics.sqlite')
  const samples = parseSamples([{ nr_queued: '18446744073709551615', usersched_pid: 4294967295, nr_new: 'kept' }])
  {
    using store = openStore(defaultRetention, file)
    store.add(samples, { source: 'a', nowMs })
  }
  using store = openStore(defaultRetention, file)
  expect(store.newest({ limit: 5 })).toEqual([
    {
      ...{ atMs: nowMs, source: 'a', origin: 'scheduler', extra: { nr_new: 'kept' } },
      values: { nr_queued: 2n ** 64n - 1n, usersched_pid: 4294967295n },
    },
  ])
})

test('a counter has a rate; one that began again counts from zero', () => {
  using store = openStore()
  const counts = [100n, 150n, 20n, 20n].map((nr_user_dispatches, i) => at(i * 5000, { nr_user_dispatches }))
  store.add(counts, { source: 'a', nowMs })
  const points = store.points('nr_user_dispatches', all)
  expect(points.map(({ ratePerSecond }) => ratePerSecond)).toEqual([null, 10, 4, 0])
  expect(points.map(({ reset }) => reset)).toEqual([false, false, true, false])
})

test('another scheduler process is a reset even where its counter is higher', () => {
  using store = openStore()
  const samples = [
    at(0, { usersched_pid: 1n, nr_user_dispatches: 10n }),
    at(1000, { usersched_pid: 2n, nr_user_dispatches: 30n }),
  ]
  store.add(samples, { source: 'a', nowMs })
  expect(store.points('nr_user_dispatches', all).at(-1)).toMatchObject({ ratePerSecond: 30, reset: true })
})

test('rates are of one source, of samples in the order of their times, and reach back before the window', () => {
  using store = openStore()
  store.add([at(3000, { nr_user_dispatches: 30n }), at(1000, { nr_user_dispatches: 10n })], { source: 'a', nowMs })
  store.add([at(2000, { nr_user_dispatches: 7n })], { source: 'b', nowMs })
  expect(store.points('nr_user_dispatches', { ...all, sinceMs: 2000 })).toEqual([
    { atMs: 3000, value: 30n, ratePerSecond: 10, reset: false },
  ])
  expect(store.sources()).toEqual(['a', 'b'])
})

test('two samples of one time have no rate between them', () => {
  using store = openStore()
  store.add([at(0, { nr_user_dispatches: 1n }), at(0, { nr_user_dispatches: 5n })], { source: 'a', nowMs })
  expect(store.points('nr_user_dispatches', all).map(({ ratePerSecond }) => ratePerSecond)).toEqual([null, null])
})

test('statistics of a window are exact, also above 2^63; nothing measured is null, not zero', () => {
  using store = openStore()
  const top = 2n ** 64n - 1n
  const values = [...Array.from({ length: 99 }, (_, i) => BigInt(i + 1)), top]
  store.add(
    values.map((nr_queued, i) => at(i, { nr_queued })),
    { source: 'a', nowMs },
  )
  const { value, rate, resets } = store.statistics('nr_queued', all)
  expect(value).toMatchObject({ count: 100, min: 1n, max: top, last: top, p50: 50n, p90: 90n, p99: 99n })
  expect(value?.mean).toBeCloseTo(Number(top + 4950n) / 100, -6)
  expect({ rate, resets }).toEqual({ rate: null, resets: 0 })
  expect(store.statistics('nr_running', all)).toEqual({ value: null, rate: null, resets: 0 })
  expect(store.statistics('nr_queued', { ...all, sinceMs: 10, untilMs: 19 }).value).toMatchObject({
    min: 11n,
    max: 20n,
  })
})

test('the oldest samples go, by age and by number', () => {
  using store = openStore({ maxAgeMs: 1000, maxRows: 3 })
  store.add(
    [1, 2, 3, 4, 5].map((i) => at(nowMs + i, { nr_queued: BigInt(i) })),
    { source: 'a', nowMs },
  )
  expect(store.points('nr_queued', { ...all, untilMs: 2 * nowMs }).map(({ value }) => value)).toEqual([3n, 4n, 5n])
  store.add([at(nowMs + 2000, { nr_queued: 6n })], { source: 'a', nowMs: nowMs + 2000 })
  expect(store.newest({ limit: 9 }).map(({ values }) => values.nr_queued)).toEqual([6n])
})

test('a full disk stores nothing of a batch, and reads go on', ({ skip }) => {
  const folder = testFolder()
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=512k', 'none', folder])
  if (mounted.status !== 0) skip('it takes root to mount a disk of a known size')
  onTestFinished(() => void spawnSync('umount', ['-l', folder]))
  using store = openStore(defaultRetention, join(folder, 'metrics.sqlite'))
  store.add([at(0, { nr_queued: 1n })], { source: 'a', nowMs })
  const many = Array.from({ length: 1000 }, (_, i) => ({
    ...at(i, { nr_queued: 1n }),
    extra: { text: 'x'.repeat(1000) },
  }))
  expect(() => store.add(many, { source: 'a', nowMs })).toThrow(
    expect.objectContaining({ code: 'SCHEDULER_STORE_FULL' }),
  )
  expect(store.newest({ limit: 9 })).toHaveLength(1)
})

test('what is no store is left alone and named', () => {
  const folder = testFolder()
  writeFileSync(join(folder, 'text'), 'not a database, but long enough to be looked at as one'.repeat(20))
  expect(() => new MetricsStore(join(folder, 'text'))).toThrow(
    /metrics cannot be kept in .*text: file is not a database/,
  )
  expect(() => new MetricsStore(join(folder, 'none', 'file'))).toThrow(
    expect.objectContaining({ code: 'SCHEDULER_STORE_UNUSABLE' }),
  )
  using newer = new DatabaseSync(join(folder, 'newer'))
  newer.exec('PRAGMA user_version = 9')
  expect(() => new MetricsStore(join(folder, 'newer'))).toThrow('it has version 9')
})
