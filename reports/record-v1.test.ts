import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { formats } from './formats/index.ts'
import type { Experiment } from './record.ts'
import { recordSchema } from './record.ts'
import { loadRecord, parseRecord } from './store.ts'
import { summarize } from './summary.ts'
import { renderSummary } from './terminal.ts'

// A smoke run on a busy machine, as the last meshmark with schema version 1 wrote it; its first six trials.
const path = join(import.meta.dirname, 'testing/record-v1.json')
const text = readFileSync(path, 'utf8')

// biome-ignore lint/suspicious/noExplicitAny: records are broken on purpose
const v1 = (): any => JSON.parse(text)

let dir: string
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'meshmark-v1-'))
})
afterAll(() => rm(dir, { recursive: true }))

describe('a record of schema version 1', () => {
  test('is read as one of today', async () => {
    const record = await loadRecord(path)
    expect(recordSchema.safeParse(record).error).toBeUndefined()
    expect(record).toMatchObject({ schemaVersion: 2, run: v1().run, environment: v1().environment })
    const [experiment] = record.experiments as [Experiment]
    expect(experiment.load).toEqual({
      ...{ protocol: 'http', rate: 1000, arrivals: 'constant', connections: 32, threads: 1, agents: 1 },
      ...{ durationMs: 800, warmUpMs: 300, timeoutMs: 10_000, keepAlive: true, method: 'GET', headers: {}, body: '' },
      ...{ seed: 1, toolArgs: [] },
    })
    expect(experiment.arms.flatMap(({ trials }) => trials).map(({ index }) => index)).toEqual([1, 4, 5, 2, 3, 6])
  })

  test('keeps its reasons as texts, with a code that says where they come from', async () => {
    const [experiment] = (await loadRecord(path)).experiments as [Experiment]
    const invalid = experiment.arms.flatMap(({ trials }) => trials).filter(({ validity }) => !validity.valid)
    expect(invalid.map(({ index, validity }) => [index, validity.reasons])).toEqual(
      [
        [
          2,
          'the rate was not held: 701 of 800 requests at 1000/s were sent in time and answered (87.63 %, below 99.00 %)',
        ],
        [
          6,
          'the rate was not held: 788 of 800 requests at 1000/s were sent in time and answered (98.50 %, below 99.00 %)',
        ],
      ].map(([index, text]) => [index, [{ code: 'v1', text }]]),
    )
    const shown = renderSummary(experiment, { colour: false, columns: 2000, cluster: 'local' })
    // Its verdicts say why trials were left out: each reason once, though two of them have the same.
    expect(shown.match(/envoy: the rate was not held: 701 of 800/g)).toHaveLength(1)
    expect(shown).not.toContain('left out')
  })

  test('has the numbers that it had', async () => {
    const [experiment] = (await loadRecord(path)).experiments as [Experiment]
    const [baseline] = summarize(experiment)
    const p99s = v1().experiments[0].arms[0].trials.map(
      (trial: { load: { latency: { p99Us: number } } }) => trial.load.latency.p99Us,
    )
    expect(baseline?.values.p99Us).toBe(p99s.toSorted((a: number, b: number) => a - b)[1])
  })

  test('becomes every report, and a record of today that is read again', async () => {
    const record = await loadRecord(path)
    for (const format of Object.values(formats)) await format.write(record, dir)
    expect(await loadRecord(dir)).toEqual(record)
  })

  test('is refused, with every wrong field, where it is not what version 1 was', () => {
    const record = v1()
    record.experiments[0].load.duration = '800ms'
    record.experiments[0].arms[0].trials[0].validity.reasons = [{ code: 'v1', text: 'no' }]
    delete record.run.seed
    expect(() => parseRecord(record, 'old.json')).toThrow(
      /^old\.json is no valid run record:\n {2}run\.seed: [\s\S]*experiments\.0\.load\.duration: [\s\S]*experiments\.0\.arms\.0\.trials\.0\.validity\.reasons\.0: /,
    )
  })

  test('that is cut off says after how much', async () => {
    const file = join(dir, 'cut.json')
    await writeFile(file, text.slice(0, 20_000))
    await expect(loadRecord(file)).rejects.toMatchObject({
      code: 'RECORD_INVALID',
      message: expect.stringMatching(/cut\.json is no JSON: it is cut off after 20\d{3} bytes: /),
    })
  })
})

describe('a load of version 1', () => {
  const load = { protocol: 'http', connections: 2, duration: 5000 }
  const read = (written: object) => {
    const record = v1()
    record.experiments[0].load = written
    return parseRecord(record, 'old.json').experiments[0]?.load
  }

  test('has units in all its names', () => {
    const written = {
      ...{ ...load, warmUp: 100, timeout: 200, stagger: 300, thinkTime: { min: 1, max: 2 } },
      stopWhen: { errorRate: 0.1, for: 5000 },
      grpc: { method: 'a.B/C', messages: 1, metadata: {}, deadline: 400, streams: 8 },
      stream: { bitrate: 1e6, segmentBytes: 1472 },
      rate: { steps: [{ rate: 5, duration: 100 }] },
    }
    expect(read(written)).toMatchObject({
      ...{ durationMs: 5000, warmUpMs: 100, timeoutMs: 200, staggerMs: 300, thinkTimeMs: { min: 1, max: 2 } },
      stopWhen: { errorRate: 0.1, forMs: 5000 },
      grpc: { method: 'a.B/C', deadlineMs: 400 },
      stream: { bitsPerSecond: 1e6, segmentBytes: 1472 },
      rate: { steps: [{ rate: 5, durationMs: 100 }] },
    })
    expect(read({ ...load, rate: { burst: 5, every: 100 } })?.rate).toEqual({ burst: 5, everyMs: 100, base: 0 })
  })

  test('has what was done before there was a choice', () => {
    expect(read(load)).toMatchObject({
      arrivals: 'constant',
      method: 'GET',
      seed: 1,
      toolArgs: [],
      keepAlive: true,
    })
  })
})
