import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, test } from 'vitest'
import { type RunRecord, recordJsonSchema, recordSchema } from './record.ts'
import { sampleRecord } from './testing/record.ts'
import { addChurn } from './testing/trial.ts'

const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/
const ajv = new Ajv2020({ allErrors: true, allowUnionTypes: true, formats: { 'date-time': instant } })
const matchesJsonSchema = ajv.compile(recordJsonSchema())

// biome-ignore lint/suspicious/noExplicitAny: records are broken on purpose
type Broken = any

const breaks: Record<string, (record: Broken) => void> = {
  'no experiments': (record) => delete record.experiments,
  'an unknown field': (record) => (record.run.host = 'laptop'),
  'another schema version': (record) => (record.schemaVersion = 3),
  'an outcome that is none': (record) => (record.run.outcome = 'ok'),
  'a start that is no instant': (record) => (record.run.startedAt = 'yesterday'),
  'half a request': (record) => (record.experiments[0].arms[0].trials[0].load.requests = 1.5),
  'a negative count': (record) => (record.experiments[0].arms[0].trials[0].load.latency.count = -1),
  'text for a number': (record) => (record.experiments[0].arms[0].trials[0].load.latency.p99Us = '1'),
  'an interval with one end': (record) => (record.experiments[0].verdicts[0].interval = [1]),
  'a null where a number must be': (record) => (record.run.durationMs = null),
  'a load without its duration': (record) => delete record.experiments[0].load.durationMs,
  'a load with a time that has no unit': (record) => (record.experiments[0].load.duration = 6000),
  'a reason without a code': (record) => (record.experiments[0].arms[1].trials[6].validity.reasons = ['too slow']),
  'a role that is none': (record) => (record.experiments[0].arms[0].trials[0].resources[0].role = 'sidecar'),
}

describe('the record and its JSON Schema', () => {
  test('both accept a whole record', () => {
    const record: RunRecord = JSON.parse(JSON.stringify(sampleRecord()))
    for (const trial of record.experiments[0]?.arms[0]?.trials ?? []) addChurn(trial, trial.index === 1 ? null : 104)
    expect(recordSchema.safeParse(record).error).toBeUndefined()
    expect(matchesJsonSchema(record), ajv.errorsText(matchesJsonSchema.errors)).toBe(true)
  })

  test.for(Object.entries(breaks))('both refuse %s', ([, corrupt]) => {
    const record = JSON.parse(JSON.stringify(sampleRecord()))
    corrupt(record)
    expect(recordSchema.safeParse(record).success).toBe(false)
    expect(matchesJsonSchema(record)).toBe(false)
  })
})
