import { expect, test } from 'vitest'
import type { ProbeName } from '../../ebpf/probes/index.ts'
import type { ProbeReading } from '../probes/attach.ts'
import { figuresOf } from '../probes/figures.ts'
import type { TargetName } from '../probes/targets.ts'
import type { Row } from './probe-table.ts'
import { readingText } from './probe-text.ts'

const machine: TargetName = { kind: 'machine' }

function reading(probe: ProbeName, series: Row[], more: Partial<ProbeReading<Row>> = {}): ProbeReading<Row> {
  return {
    ...{ probe, unit: 'us', target: machine, seconds: 10, series, unattributed: null },
    ...{
      missedEvents: 0,
      lostEvents: 0,
      failedUpdates: 0,
      cost: null,
      bpftraceMs: null,
      validity: { valid: true, reasons: [] },
    },
    ...more,
  }
}

/** A distribution over so many octaves of times, each with half of the events of the one before. */
function figures(kind: string, fullest: number, octaves: number) {
  const buckets = Array.from({ length: octaves }, (_, i) => ({
    ...{ min: 0.1 * 2 ** i, max: 0.2 * 2 ** i },
    count: Math.ceil(fullest / 2 ** i),
  }))
  const count = buckets.reduce((sum, bucket) => sum + bucket.count, 0)
  return figuresOf('us', kind, { count, sum: 2 * count, buckets })
}
const process = (pid: number, kind: string, count: number, octaves = 8): Row => ({
  ...{ pid, command: 'a rather long name', netns: null },
  ...figures(kind, count, octaves),
})
const pod = (name: string, container: string | null, kind: string, fullest: number): Row => ({
  ...{ namespace: 'shop', pod: name, uid: 'u', container, labels: {} },
  ...figures(kind, fullest, 2),
})
const endless = { columns: 120, rows: Number.POSITIVE_INFINITY }

test('one source of one kind is a histogram and nothing else', () => {
  const one = reading('runqueue', [process(7, 'runqueue', 1024, 4)], {
    target: { kind: 'process', pid: 7, command: 'node' },
  })
  expect(readingText(one, '10 s', endless).split('\n')).toEqual([
    'runqueue of process 7 (node) · 10 s',
    'how long threads that could run wait for a CPU, preempted ones included',
    '',
    '1,920 events   mean 2.00 µs   p50 0.19 µs   p90 0.70 µs   p99 1.48 µs',
    `   0 – 0.2 µs  1,024  ${'█'.repeat(60)}`,
    ` 0.2 – 0.4 µs    512  ${'█'.repeat(30)}`,
    ` 0.4 – 0.8 µs    256  ${'█'.repeat(15)}`,
    ` 0.8 – 1.6 µs    128  ${'█'.repeat(7)}▌`,
  ])
})

test('several kinds of several containers: a histogram of each kind, then each container', () => {
  const target: TargetName = { kind: 'pods', cluster: 'kind-dev', namespace: 'shop', selector: 'app=web' }
  const series = [
    pod('web-1', 'app', 'server', 2048),
    pod('web-1', 'proxy', 'client', 512),
    pod('web-2', null, 'server', 256),
  ]
  const text = readingText(reading('requests', series, { target }), '10 s', endless)
  expect(text).toMatch(/^requests of pods with app=web in namespace shop of kind-dev · 10 s\n/)
  expect(text).toMatch(/\n\nserver {2}3,456 events [^\n]*\n( +[^\n]*█[^\n]*\n)+( +[^\n]*\n)*\nclient {2}768 events /)
  const table = text.slice(text.indexOf('kind  '))
  expect(table.match(/^(web-\d(?: \w+)?) +(\w+) +([\d,]+) /gm)?.map((line) => line.trim().split(/ +/))).toEqual([
    ['web-1', 'app', 'server', '3,072'],
    ['web-1', 'proxy', 'client', '768'],
    ['web-2', 'server', '384'],
  ])
  const all = readingText(reading('requests', series, { target: { ...target, namespace: null } }), '10 s', endless)
  expect(all).toContain('\nshop/web-1 app ')
})

const drops = (['NETFILTER_DROP', 'NO_SOCKET'] as const).map(
  (kind, i): Row => ({
    ...{ pid: null, command: null, netns: 4026531840 },
    ...figuresOf('events', kind, { count: 100 - 50 * i, sum: null, buckets: [] }),
  }),
)

test('events that are only counted are bars', () => {
  expect(readingText(reading('drops', drops, { unit: 'events' }), '10 s', endless)).toMatch(
    /network namespace 4026531840 {2}NETFILTER_DROP {5}100 {2}█{30}\n.* NO_SOCKET {11}50 {2}█{15}$/,
  )
})

test('kinds that have no room for a histogram have a line each', () => {
  const kinds = ['SCHED', 'TIMER', 'RCU', 'NET_RX'].map(
    (kind): Row => ({ ...process(0, kind, 99, 3), pid: null, command: null }),
  )
  const text = readingText(reading('softirq', kinds), '10 s', { columns: 80, rows: 23 })
  for (const { kind } of kinds) expect(text).toMatch(new RegExp(`\nthe machine +${kind} +\\d+ `))
  expect(text).toMatch(/\n\n3 histograms have no room: a taller terminal or --json has them \([A-Z_, ]+/)
  expect(text.split('\n').length).toBeLessThanOrEqual(23)
  expect(readingText(reading('softirq', kinds), '10 s', { columns: 80, rows: 90 })).not.toContain('no room')
})

test('of a long name of a pod the end is shown, of a command the beginning', () => {
  const room = { columns: 60, rows: 23 }
  const pods = [1, 2].map((i) => pod(`a-name-that-is-rather-long-${i}`, 'app', 'server', 64))
  expect(readingText(reading('requests', pods), '10 s', room)).toMatch(
    /\n….*-rather-long-1 app {2}.*\n….*-rather-long-2 app {2}/,
  )
  const processes = [1, 2].map(
    (i): Row => ({ ...process(i, 'server', 64), command: 'a command that is much too long for it' }),
  )
  expect(readingText(reading('requests', processes), '10 s', room)).toMatch(
    /\n1 a command .*… {2}.*\n2 a command .*… {2}/,
  )
})

test.for([40, 60, 80])('so are they in %i columns', (columns) => {
  const lines = readingText(reading('drops', drops, { unit: 'events' }), '10 s', { columns, rows: 23 }).split('\n')
  for (const line of lines) expect(line.length, line).toBeLessThanOrEqual(columns)
  expect(lines.join('\n')).toMatch(/NETFILTER_DROP {5}100.*\n.*NO_SOCKET {11}50/)
})

test('a command cannot write to the terminal', () => {
  const one: Row = { ...process(7, 'runqueue', 64), command: 'a\u001b[2Jb\n' }
  expect(readingText(reading('runqueue', [one, process(8, 'runqueue', 64)]), '1 s', endless)).toContain('7 a?[2Jb?')
})

test('what casts doubt on it is said, and nothing else', () => {
  const one = [process(7, 'runqueue', 1000)]
  const target: TargetName = { kind: 'pods', cluster: 'local', namespace: null, selector: null }
  const doubtful = reading('runqueue', one, {
    target,
    unattributed: { events: 20, share: 0.02 },
    validity: { valid: false, reasons: [{ code: 'events_missed', text: '3 % of the events were missed' }] },
  })
  expect(readingText(doubtful, '1 s', endless)).toMatch(
    /\n\ninvalid: 3 % of the events were missed\n2 % of all events have no known owner, and may be of these pods$/,
  )
  const fine = reading('runqueue', one, { target, unattributed: { events: 5, share: 0.005 } })
  expect(readingText(fine, '1 s', endless)).not.toContain('of all events')
  const missed = { target: { kind: 'process', pid: 7, command: 'x' } as const, missedEvents: 300 }
  expect(readingText(reading('runqueue', one, missed), '1 s', endless)).toMatch(
    /\n300 events of the machine were missed; /,
  )
  expect(readingText(reading('runqueue', []), '1 s', endless)).toMatch(/\n\nnothing was seen$/)
})

const crowd = Array.from({ length: 300 }, (_, i) =>
  process(1000 + i, ['read', 'write', 'wait', 'lock'][i % 4] as string, 4096 - i, 24),
)

test.for([
  ...[
    [80, 23],
    [120, 39],
    [200, 60],
    [40, 12],
    [80, 10],
    [120, 8],
  ].map(([columns, rows]) => [columns, rows, crowd] as const),
  [80, 23, [process(7, 'runqueue', 65_536, 30)]],
] as [number, number, Row[]][])('it stays within %i columns and %i rows', ([columns, rows, series]) => {
  const doubts = { validity: { valid: false, reasons: [{ code: 'x', text: 'y'.repeat(200) }] } }
  const lines = readingText(reading('syscalls', series, doubts), '10 s', { columns, rows }).split('\n')
  expect(lines.length).toBeLessThanOrEqual(rows)
  for (const line of lines) expect(line.length, line).toBeLessThanOrEqual(columns)
  expect(lines.join('\n')).toContain('█')
  if (series.length > 1 && rows > 10) expect(lines.join('\n')).toMatch(/\nand \d+ more; --json has all\n/)
})
