import { expect, test } from 'vitest'
import { SchedulerError } from '../input.ts'
import { countForJson, exactJson, parseSamples } from './sample.ts'

const seed = {
  ...{ usersched_pid: 1234, nr_queued: 10, nr_scheduled: 5, nr_running: 2, nr_online_cpus: 8 },
  ...{ nr_user_dispatches: 100, nr_kernel_dispatches: 50, nr_cancel_dispatches: 2, nr_bounce_dispatches: 1 },
  ...{ nr_failed_dispatches: 0, nr_sched_congested: 3 },
}

/** As a newer client writes it: no pid, the time of the last run, fields that we do not know. */
const newer = `{"nr_running":2,"nr_queued":1,"nr_scheduled":0,"nr_online_cpus":4,"usersched_last_run_at":18446744073709551615,
  "nr_user_dispatches":9007199254740993,"nr_kernel_dispatches":5,"nr_cancel_dispatches":0,"nr_bounce_dispatches":0,
  "nr_failed_dispatches":0,"nr_sched_congested":0,"node_name":"worker-1","nr_new":[1,{"deep":18446744073709551615}]}`

const refusal = (input: unknown) => {
  try {
    parseSamples(input)
  } catch (error) {
    if (error instanceof SchedulerError)
      return Object.fromEntries(error.fields.map(({ path, message }) => [path, message]))
    throw error
  }
  return null
}

test('what the clients of both generations send is taken, and nothing is added', () => {
  const [sample] = parseSamples(seed)
  expect(sample).toEqual({
    values: Object.fromEntries(Object.entries(seed).map(([name, value]) => [name, BigInt(value)])),
    extra: {},
    atMs: null,
  })
  const [later] = parseSamples(exactJson(newer))
  expect(later?.values.usersched_pid).toBeUndefined()
  expect(later?.values.usersched_last_run_at).toBe(2n ** 64n - 1n)
  expect(later?.values.nr_user_dispatches).toBe(2n ** 53n + 1n)
  expect(later?.extra).toEqual({ node_name: 'worker-1', nr_new: [1, { deep: '18446744073709551615' }] })
})

test('counts come as numbers or as text, and go out exact', () => {
  const [sample] = parseSamples({ nr_queued: '18446744073709551615', nr_running: '7' })
  expect(sample?.values).toEqual({ nr_queued: 2n ** 64n - 1n, nr_running: 7n })
  expect([7n, 2n ** 53n - 1n, 2n ** 53n].map(countForJson)).toEqual([7, 9007199254740991, '9007199254740992'])
})

test('negative, broken and overflowing counts are refused by name', () => {
  const wrong = {
    ...{ usersched_pid: 4294967296, nr_queued: -1, nr_scheduled: '18446744073709551616', nr_running: 1.5 },
    ...{ nr_online_cpus: 2 ** 53, nr_user_dispatches: 'many', nr_kernel_dispatches: null },
    ...{ nr_cancel_dispatches: '-1', nr_bounce_dispatches: Number.NaN, nr_failed_dispatches: [1] },
  }
  const messages = refusal(wrong)
  expect(Object.keys(messages ?? {}).sort()).toEqual(Object.keys(wrong).sort())
  expect(messages?.nr_queued).toBe(
    'received -1; a whole number from 0 to 18446744073709551615; above 2^53 as text, so that it stays exact',
  )
  expect(messages?.usersched_pid).toBe('received 4294967296; a whole number from 0 to 4294967295')
})

test('a batch is a list, alone or in an object, and says which of its samples is wrong', () => {
  expect(parseSamples([seed, seed])).toHaveLength(2)
  expect(parseSamples({ metrics: [seed] })).toHaveLength(1)
  expect(refusal([seed, { ...seed, nr_queued: -1 }, { ...seed, nr_running: -2 }])).toEqual({
    'metrics.1.nr_queued': expect.stringContaining('received -1'),
    'metrics.2.nr_running': expect.stringContaining('received -2'),
  })
  expect(refusal([])).toEqual({ metrics: 'received []; at least one' })
  expect(refusal(Array.from({ length: 1001 }, () => seed))?.metrics).toContain('at most 1000 at once')
  expect(refusal({ metrics: [seed], also: 1 })).toEqual({ also: 'no such field; one of: metrics' })
})

test('times are taken, and not those of the future', () => {
  expect(parseSamples({ ...seed, timestamp: '2026-01-31T12:00:00+01:00' })[0]?.atMs).toBe(Date.UTC(2026, 0, 31, 11))
  const later = new Date(Date.now() + 3_600_000).toISOString()
  expect(refusal({ ...seed, timestamp: later })?.timestamp).toContain('not in the future')
  expect(refusal({ ...seed, timestamp: 'noon' })?.timestamp).toContain('RFC 3339')
})

test.for([null, 5, 'metrics', {}, { other: 1 }])('%j is no sample', (input) => {
  expect(refusal(input)).toHaveProperty('(value)')
})

test('what is not known is kept up to a size', () => {
  expect(refusal({ nr_queued: 1, blob: 'x'.repeat(5000) })?.['(value)']).toContain(
    'unknown fields of at most 4096 bytes',
  )
})
