import { expect, test } from 'vitest'
import type { Values } from '../metrics/definitions.ts'
import { type Alert, Alerts } from './alerts.ts'
import { conditionOf, parseRules } from './rule.ts'

const queued = { name: 'queue', metric: 'nr_queued', above: 100, for_seconds: 10 }

/** Follows rules, and gives each change of state as `name: state @ second`. */
function follow(...rules: unknown[]) {
  const changes: string[] = []
  const alerts = new Alerts(parseRules(rules), ({ rule, state, sinceMs }) =>
    changes.push(`${rule.name}: ${state} @ ${sinceMs / 1000}`),
  )
  const see = (second: number, values: Values, source = 'a') => alerts.observe(source, { atMs: second * 1000, values })
  return { alerts, changes, see }
}

test('an alert is pending for its time, fires, and resolves', () => {
  const { alerts, changes, see } = follow(queued)
  see(0, { nr_queued: 5n })
  see(5, { nr_queued: 101n })
  see(14, { nr_queued: 200n })
  see(15, { nr_queued: 200n })
  see(20, { nr_queued: 300n })
  expect(alerts.list()).toMatchObject([{ state: 'firing', startedMs: 5000, sinceMs: 15_000, value: 300, source: 'a' }])
  see(25, { nr_queued: 100n })
  see(30, { nr_queued: 99n })
  see(35, { nr_queued: 101n })
  expect(changes).toEqual(['queue: pending @ 5', 'queue: firing @ 15', 'queue: resolved @ 25', 'queue: pending @ 35'])
})

test('what is over before its time never fires', () => {
  const { alerts, changes, see } = follow(queued)
  see(0, { nr_queued: 101n })
  see(9, { nr_queued: 0n })
  see(10, { nr_queued: 101n })
  see(19, { nr_queued: 101n })
  expect(changes).toEqual(['queue: pending @ 0', 'queue: inactive @ 9', 'queue: pending @ 10'])
  expect(alerts.list()).toMatchObject([{ state: 'pending' }])
})

test('without a time it fires at once', () => {
  const { changes, see } = follow({ name: 'few', metric: 'nr_online_cpus', below: 4 })
  see(1, { nr_online_cpus: 3n })
  expect(changes).toEqual(['few: pending @ 1', 'few: firing @ 1'])
})

test('rates are followed, through a reset, and sources are kept apart', () => {
  const { changes, see } = follow({ name: 'failing', metric: 'nr_failed_dispatches', of: 'rate', above: 1 })
  see(0, { nr_failed_dispatches: 1000n })
  see(0, { nr_failed_dispatches: 0n }, 'b')
  see(10, { nr_failed_dispatches: 1005n })
  see(20, { nr_failed_dispatches: 2n })
  expect(changes).toEqual([])
  see(30, { nr_failed_dispatches: 13n })
  see(30, { nr_failed_dispatches: 20n }, 'b')
  expect(changes).toHaveLength(2)
})

test('a sample without the metric, and one from the past, change nothing; silence resolves and says so', () => {
  const { alerts, changes, see } = follow({ ...queued, for_seconds: 0 })
  see(10, { nr_queued: 101n })
  see(5, { nr_queued: 0n })
  see(20, { nr_running: 1n })
  alerts.expire(319_999)
  expect(alerts.list()).toMatchObject([{ state: 'firing' }])
  alerts.expire(320_000)
  alerts.expire(330_000)
  expect(alerts.list()).toMatchObject<Partial<Alert>[]>([{ state: 'resolved', reason: 'no sample for five minutes' }])
  expect(changes.at(-1)).toBe('queue: resolved @ 320')
})

test('wrong rules are refused, each field by name', () => {
  const refusals = (rule: object) => {
    try {
      parseRules([rule])
    } catch (error) {
      return (error as Error).message
        .split('\n')
        .slice(1)
        .map((line) => line.trim())
    }
    return []
  }
  expect(refusals({ ...queued, above: undefined })).toEqual([
    '0.above: received nothing; either above or below, one of the two',
  ])
  expect(refusals({ ...queued, below: 1 })[0]).toContain('one of the two')
  expect(refusals({ ...queued, of: 'rate' })[0]).toContain('nr_queued is no counter')
  expect(refusals({ ...queued, metric: 'usersched_pid' })[0]).toContain('0.metric')
  expect(refusals({ name: '$(id)', metric: 'load', above: Number.NaN, for_seconds: -1, form: 1 })).toHaveLength(5)
  expect(() => parseRules([queued, queued])).toThrow('1.name: received "queue"; a name of its own: queue is taken')
  const [rule] = parseRules([queued])
  expect(rule && conditionOf(rule)).toBe('nr_queued above 100 for 10 s')
})
