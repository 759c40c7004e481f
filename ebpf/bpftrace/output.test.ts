import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { OutputReader } from './output.ts'

const reader = (text: string) => {
  const reader = new OutputReader()
  for (const line of text.split('\n')) reader.line(line)
  return reader
}
const recorded = (name: string) => readFileSync(join(import.meta.dirname, 'recorded', name), 'utf8')

describe('bpftrace 0.17, as it printed here', () => {
  const { attached, output } = reader(recorded('0.17.ndjson'))

  test('it is attached once it says so, and not before', () => {
    expect(attached).toBe(true)
    expect(reader('{"type": "attached_probes", "data": {"probes": 1}}').attached).toBe(false)
  })

  test('histograms, with keys and without', () => {
    expect(output.histograms['@keyed']?.['7,3']).toEqual([
      { min: Number.NEGATIVE_INFINITY, max: -1, count: 1 },
      { min: 0, max: 0, count: 1 },
      { min: 1, max: 1, count: 0 },
      { min: 2, max: 3, count: 2 },
    ])
    expect(output.histograms['@alone']?.['']).toEqual([{ min: 64, max: 127, count: 1 }])
    expect(output.histograms['@linear']?.['']).toEqual([
      { min: 10, max: 19, count: 1 },
      { min: 20, max: Number.POSITIVE_INFINITY, count: 1 },
    ])
  })

  test('counts and sums', () => {
    expect(output.numbers['@count']).toEqual({ '7,3': 2, '8,3': 1 })
    expect(output.numbers['@sum']).toEqual({ '': 300 })
  })

  test('writes to a full map, and not what else the kernel refuses', () => {
    const { output } = reader(recorded('full-map-0.17.ndjson'))
    expect(output).toMatchObject({ failedUpdates: 2, numbers: { '@a': { 1: 1 } } })
    expect(output.words.at(-1)).toBe('map_delete_elem: failed')
  })

  test('the last map tells that all have been printed, and what was read until then stays', () => {
    const print = (count: number) => [
      `{"type": "map", "data": {"@count": {"7,3,0": ${count}}}}`,
      '{"type": "map", "data": {"@zz": 0}}',
    ]
    const reading = reader(print(1).join('\n'))
    expect(reading.prints).toBe(1)
    const snapshot = reading.snapshot()
    for (const line of print(2)) reading.line(line)
    expect(reading.prints).toBe(2)
    expect(snapshot.numbers).toEqual({ '@count': { '7,3,0': 1 } })
    expect(reading.output.numbers).toEqual({ '@count': { '7,3,0': 2 } })
  })

  test('lost events', () => {
    expect(reader(recorded('lost-0.17.ndjson')).output.lostEvents).toBe(2)
  })
})

/** Not recorded: that version is not to be had here. These are the shapes of its source, `src/output/json.cpp`. */
describe('bpftrace 0.24', () => {
  const { attached, output } = reader(
    [
      '{"type":"attached_probes", "count":4}',
      '__BPFTRACE_NOTIFY_PROBES_ATTACHED',
      '{"type": "hist", "data": {"@spread": {"7,3": [{"min": 2, "max": 3, "count": 1}], "8,3": [{"max": -1, "count": 2},{"min": 1024, "count": 3}]}}}',
      '{"type": "map", "data": {"@sum": {"7,3": "9223372036854775807"}}}',
      '{"type": "map", "data": {"@count": 5}}',
      '{"type": "map", "data": {"@tuple": [1,2]}}',
      '{"type": "tseries", "data": {"@t": []}}',
      '{"type":"lost_events", "count":7}',
      '{"type": "helper_error", "msg": "Argument list too long", "helper": "map_update_elem", "retcode": -7, "filename": "a.bt", "line": 1, "col": 2}',
      '{"type": "runtime_error", "msg": "Divide or modulo by 0 detected.", "filename": "a.bt", "line": 1, "col": 2}',
      '{"type": "printf", "data": "a"}',
      '{"broken',
    ].join('\n'),
  )

  test('all that we ask for is read', () => {
    expect(attached).toBe(true)
    expect(output.histograms).toEqual({
      '@spread': {
        '7,3': [{ min: 2, max: 3, count: 1 }],
        '8,3': [
          { min: Number.NEGATIVE_INFINITY, max: -1, count: 2 },
          { min: 1024, max: Number.POSITIVE_INFINITY, count: 3 },
        ],
      },
    })
    expect(output.numbers).toEqual({ '@sum': { '7,3': 2 ** 63 }, '@count': { '': 5 } })
    expect(output).toMatchObject({ lostEvents: 7, failedUpdates: 1 })
  })

  test('what is for people, or not understood, is kept as words', () => {
    expect(output.words).toEqual([
      '{"type": "map", "data": {"@tuple": [1,2]}}',
      'map_update_elem: Argument list too long',
      'runtime error: Divide or modulo by 0 detected.',
      '{"broken',
    ])
  })
})
