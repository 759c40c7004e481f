import { decodeFromCompressedBase64, HistogramLogReader, type JsHistogram } from 'hdr-histogram-js'
import { expect, test } from 'vitest'
import { loadOn, okReply, rawServer } from '../agent/testing.ts'
import { parseConfig } from '../config.ts'
import { loadSchema } from '../load/input/index.ts'
import { hdrLog, percentileText } from '../load/result/hdr-log.ts'
import { decodeDistribution, toDistribution } from '../load/result/histogram.ts'
import { emptyRecorder } from '../load/result/recorder.ts'

test('maxBacklog is a field of an open loop with shared pacing', () => {
  for (const load of [{ maxBacklog: 5 }, { maxBacklog: 5, rate: 5, pacing: 'per-connection' }])
    expect(() => parseConfig(loadSchema, load, 'load')).toThrow('maxBacklog: received 5; only of an open loop')
})

test('the generator reports its collections and its event loop', async () => {
  await using server = await rawServer((socket) => socket.write(okReply))
  const { generator } = await loadOn(server.url, { threads: 2, duration: '2s' })
  if (!generator) throw new Error('nothing was reported')
  expect(generator.gcPauseMsMax).toBeLessThanOrEqual(generator.gcPauseMsTotal)
  expect(generator.gcPauseMsTotal > 0).toBe(generator.gcPauses > 0)
  expect(generator.eventLoopLagMsP99).toBeGreaterThanOrEqual(0)
  expect(generator.eventLoopLagMsMax).toBeGreaterThanOrEqual(generator.eventLoopLagMsP99 ?? Number.NaN)
})

test('each second is in the log, which HdrHistogram’s reader reads, and all of them are the whole', async () => {
  await using server = await rawServer((socket) => socket.write(okReply))
  const result = await loadOn(server.url, { rate: 300, threads: 2, duration: '2500ms', histograms: true })
  const log = hdrLog(result, Date.UTC(2026, 0, 2))
  expect(log.split('\n').slice(0, 4)).toEqual([
    '#[Latency from the intended start, in nanoseconds, by meshmark]',
    '#[Histogram log format version 1.3]',
    '#[StartTime: 1767312000.000 (seconds since epoch), 2026-01-02T00:00:00.000Z]',
    '"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"',
  ])
  const reader = new HistogramLogReader(log, 64)
  const all = emptyRecorder()
  let intervals = 0
  for (let read = reader.nextIntervalHistogram(); read; read = reader.nextIntervalHistogram()) {
    const point = result.timeline[intervals++]
    expect(read.totalCount).toBe(point?.requests)
    expect((read as JsHistogram).getValueAtPercentile(99) / 1000).toBe(point?.p99Us)
    expect(read.endTimeStampMsec).toBeCloseTo(Date.UTC(2026, 0, 2) + (point?.atMs ?? 0), -1)
    all.add(decodeDistribution({ histogram: point?.histogram ?? '' }).counts)
  }
  expect(intervals).toBe(result.timeline.length)
  expect(toDistribution(all)).toEqual(result.latency)
})

test('the percentile text is HdrHistogram’s, in milliseconds', () => {
  const recorder = emptyRecorder()
  for (let ms = 1; ms <= 1000; ms++) recorder.record(ms * 1e6)
  const distribution = toDistribution(recorder)
  const lines = percentileText({ latency: distribution }).split('\n')
  const stopped = { by: 'interrupt', why: 'it was interrupted', atMs: 3210, highestRate: null } as const
  const note = '[Stopped after 3.2 s: it was interrupted]'
  expect(percentileText({ latency: distribution, stopped })).toBe(`${lines.join('\n')}#${note}\n`)
  expect(hdrLog({ timeline: [], stopped }, 0)).toContain(`#${note}\n`)
  expect(lines[0]).toBe('       Value     Percentile TotalCount 1/(1-Percentile)')
  const rows = lines.filter((line) => /^ *\d/.test(line)).map((line) => line.trim().split(/ +/).map(Number))
  expect(rows[0]?.slice(1, 3)).toEqual([0, 1])
  expect(rows.at(-1)?.slice(1, 3)).toEqual([1, 1000])
  const [median] = rows.filter(([, percentile]) => percentile === 0.5)
  const decoded = decodeFromCompressedBase64(distribution.histogram, 64)
  expect(median?.[0]).toBeCloseTo(decoded.getValueAtPercentile(50) / 1e6, 2)
  expect(lines.some((line) => /^#\[Max {5}= +100\d\.\d+, Total count {4}= +1000\]/.test(line))).toBe(true)
})
