import { describe, expect, test } from 'vitest'
import { decodeHistogram } from '../histogram.ts'
import { renderPage } from '../page/page.ts'
import type { Experiment, RunRecord } from '../record.ts'
import { addKernel } from '../testing/kernel.ts'
import { recordOf, sampleUnits, unitVerdict } from '../testing/paired.ts'
import { sampleRecord } from '../testing/record.ts'
import { addChurn, addStream } from '../testing/trial.ts'
import { recordText } from './json.ts'

const voids = new Set(['meta', 'link', 'br'])

/** Tags that are opened and never closed, or closed and never opened. */
function unbalanced(html: string): string[] {
  const open: string[] = []
  const wrong: string[] = []
  const body = html.replace(/<style>[\s\S]*?<\/style>/, '').replace(/<!doctype html>/, '')
  for (const [, close, name = '', rest = ''] of body.matchAll(/<(\/?)([a-zA-Z][\w]*)((?:"[^"]*"|[^">])*)>/g)) {
    if (voids.has(name) || rest.endsWith('/')) continue
    if (!close) open.push(name)
    else if (open.at(-1) === name) open.pop()
    else wrong.push(`</${name}> inside <${open.at(-1)}>`)
  }
  return [...wrong, ...open]
}

const ids = (html: string) => [...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id)

test('the page is well-formed, its ids are unique and its links lead somewhere', () => {
  const page = renderPage(sampleRecord())
  expect(unbalanced(page)).toEqual([])
  expect(ids(page).filter((id, i, all) => all.indexOf(id) !== i)).toEqual([])
  const targets = [...page.matchAll(/(?:href="#|url\(#|aria-labelledby=")([^")]+)/g)].flatMap(([, id]) =>
    id?.split(' '),
  )
  expect(targets.filter((id) => !ids(page).includes(id))).toEqual([])
})

test('the outcome comes first, with what is behind it', () => {
  const text = renderPage(sampleRecord())
    .replace(/<(head|svg)[\s\S]*?<\/\1>/g, '')
    .replace(/<[^>]+>/g, ' ')
    .replace(/\s+/g, ' ')
  expect(text.slice(0, 400)).toMatch(
    /fail 1 of 6 objectives and budgets broken fail envoy adds 3.86 ms to baseline at p99.9/,
  )
  for (const expected of [
    'the interval lies on both sides',
    'achieved 961 of 1,000 requests/s',
    'istioctl is not on PATH',
    '74 % of the time was spent measuring',
    'meshmark run http --cluster local',
    'Debian GNU/Linux 13',
  ])
    expect(text).toContain(expected)
})

test('nothing is written over the words of a limit', () => {
  const experiment = sampleUnits({ arms: ['control', 'candidate'], units: 20, rate: 50 })
  const about = { indicator: 'p50Ms', unit: '×', limit: { max: 1.02 }, outcome: 'fail' as const }
  const scale = (interval: [number, number]) => {
    const verdict = unitVerdict(experiment, 'candidate', [10], about)
    experiment.verdicts = [{ ...verdict, kind: 'share', measured: interval[0], interval }]
    const [, text = ''] = /<span class="scale">([\s\S]*?)<\/div>/.exec(renderPage(recordOf(experiment, 'fail'))) ?? []
    return [...text.matchAll(/>([^<]+)</g)].map(([, word]) => word?.trim()).filter(Boolean)
  }
  expect(scale([1.3, 1.4])).toEqual(['0', '1.02 ×'])
  expect(scale([6, 185])).toEqual(['1.02 ×'])
})

test('a gate says whose runs it judged, of which commit, and what was allowed to differ, where the outcome is', () => {
  const record = sampleRecord()
  record.run.source = { commit: 'c'.repeat(40), ref: 'work', dirty: false }
  record.run.gate = {
    control: [...'abcdef'],
    candidate: ['x', 'y'],
    differs: ['kernel: candidate "6.13", control "6.12"'],
  }
  const [, banner = ''] = /<div class="banner[^>]*>([\s\S]*?)<\/header>/.exec(renderPage(record)) ?? []
  for (const fact of [
    'work, commit cccccccccccc',
    '2 runs (x, y) against 6 runs (a, b … f)',
    'kernel: candidate &quot;6.13&quot;, control &quot;6.12&quot;',
  ])
    expect(banner).toContain(`<dd>${fact}</dd>`)
})

test('nothing is loaded and nothing is run', () => {
  const page = renderPage(sampleRecord())
  expect(page).not.toMatch(/https?:\/\//)
  expect(page).not.toMatch(/<(script|iframe|object|embed|img)\b|@import|\son\w+=/)
})

test('figures of others are shown for the meshes that ran, as context', () => {
  const record = sampleRecord()
  expect(renderPage(record)).toContain('MeshInsight')
  expect(renderPage(record)).not.toContain('LiveWyer')
  for (const { arms } of record.experiments) for (const arm of arms) arm.trials = []
  expect(renderPage(record)).not.toContain('What others have published')
})

test('names are text, wherever they stand', () => {
  const evil = '<script>alert(1)</script>"\'&{a}'
  const record: RunRecord = JSON.parse(JSON.stringify(sampleRecord()))
  record.run.command = record.run.id = record.run.cluster.reason = evil
  record.environment.versions[evil] = evil
  for (const experiment of record.experiments as Experiment[]) {
    experiment.suite = experiment.test = experiment.workload = experiment.message = evil
    experiment.load.protocol = experiment.load.method = experiment.load.path = experiment.load.tool = evil
    experiment.load.rate = { replay: evil, arrivals: 1 }
    for (const verdict of experiment.verdicts) verdict.arm = verdict.why = verdict.indicator = verdict.unit = evil
    for (const arm of experiment.arms) {
      arm.name = arm.control ? 'baseline' : evil
      for (const trial of arm.trials) {
        trial.validity.reasons = [{ code: evil, text: evil }]
        if (trial.evidence) trial.evidence.summary = evil
      }
    }
  }
  const page = renderPage(record)
  expect(page).not.toContain('<script')
  expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;')
  expect(unbalanced(page)).toEqual([])
})

test('a run without experiments, verdicts or arms still makes a page', () => {
  const record = sampleRecord()
  record.experiments = []
  record.run.outcome = 'pass'
  expect(renderPage(record)).toContain('No objective and no budget was judged')
})

test('what was changed under load stands in the table of the arms', () => {
  const record = sampleRecord()
  expect(renderPage(record)).not.toContain('Change, ms')
  for (const trial of record.experiments[0]?.arms[0]?.trials ?? []) addChurn(trial, 104, { connect: 2 })
  const page = renderPage(record)
  expect(unbalanced(page)).toEqual([])
  expect(page).toContain('colspan="3">Change, ms</th>')
  expect(page).toContain('Errors on new connections, beside the load: connect 20')
  expect(page).toContain('A change counts from its acceptance')
})

test('streams have their columns and their own chart, and no latency', () => {
  const record = sampleRecord()
  const experiment = record.experiments[0] as Experiment
  for (const trial of experiment.arms.flatMap(({ trials }) => trials)) addStream(trial, 2.5e9, 60)
  experiment.load = { ...experiment.load, protocol: 'udp', stream: { bitsPerSecond: 2.5e9, segmentBytes: 1472 } }
  record.experiments = [experiment]
  const page = renderPage(record)
  expect(unbalanced(page)).toEqual([])
  expect(page).toContain('udp · 2.5 Gbit/s · 1,472-byte segments · 32 streams · duration 6 s')
  expect(page).toContain('2.475 Gbit/s</td>')
  expect(page).toContain('1.00 %</td>')
  expect(page).toContain('Bit rate of each trial, in run order')
  expect(page).not.toContain('Latency, ms')
  expect(page).not.toContain('Latency by percentile')
})

describe('an experiment of units', () => {
  const experiment = sampleUnits({ arms: ['baseline', 'envoy'], units: 30, rate: 200 })
  const about = { indicator: 'p99Ms', unit: 'ms', limit: { max: 2 } } as const
  const differences = Array.from({ length: 30 }, (_, i) => 1.9 + 0.2 * Math.sin(i))
  const open = unitVerdict(experiment, 'envoy', differences, { ...about, outcome: 'inconclusive' })
  const failures = { measured: 0.001, interval: [0.0006, 0.002] as [number, number], limit: { max: 0.005 }, unit: '' }
  const { units: _, ...counted } = { ...open, ...failures, kind: 'objective' as const, over: null }
  const more = { noiseFloor: null, smallestEffect: null, calmer: null, deployments: [], outcome: 'pass' as const }
  const errors = { ...counted, ...more, indicator: 'errorRate', why: 'errorRate of envoy: kept; 6 of 6,000 failed' }
  const leftOut = [{ reason: { code: 'pod_restarted', text: 'a pod restarted' }, units: 2 }]
  experiment.verdicts = [errors, { ...open, leftOut }]
  const page = renderPage(recordOf(experiment, 'inconclusive'))
  const text = (html: string) =>
    html
      .replace(/<(head|svg)[\s\S]*?<\/\1>/g, '')
      .replace(/<[^>]+>/g, ' ')
      .replace(/\s+/g, ' ')

  test('the first screen says what was asked, the answer, how sure, on what machine, and what to do', () => {
    expect(unbalanced(page)).toEqual([])
    const first = text(page).slice(0, 700)
    expect(first).toContain('http › an mTLS sidecar adds at most 2 ms at p99 inconclusive envoy adds 1.9')
    expect(first).toContain('≤ 2 ms 30 units; noise floor 0.050 ms; 0.21 ms could have been seen')
    expect(first).toContain('error rate of envoy is 0.10 % [0.06, 0.20] ≤ 0.5 % 6 of 6,000 failed')
    expect(first).toContain('On local, 8 cores of AMD EPYC 7763')
    expect(first).toContain('This machine took 3 % of the time away (median of 30 units)')
    expect(first).toMatch(/What to do --max-duration \d+s, or a quieter machine/)
  })

  test('it has seconds, its charts, its conditions and what does not count, and no word of trials', () => {
    const words = text(page)
    expect(words).toMatch(/Errors Seconds .* 0 30 Evidence/)
    for (const expected of [
      'What each unit adds at p99, and the limit',
      'p99 of each unit, over what the machine did',
      'paired: all arms together take 34 % of the cores',
      'server on meshmark-worker, client on meshmark-worker2',
      '2 units a pod restarted',
      'Noise floor',
    ])
      expect(words).toContain(expected)
    expect(words).not.toMatch(/\btrials?\b/i)
  })

  test('no payload of a unit is in the page', () => {
    const payloads = experiment.arms.flatMap(({ trials }) => trials.flatMap(({ load }) => load.units ?? []))
    expect(payloads.filter(({ latency }) => page.includes(latency.slice(0, 60)))).toEqual([])
  })
})

test('what kernel probes saw is well-formed, and its ids are unique', () => {
  const experiment = addKernel(sampleUnits({ arms: ['baseline', 'envoy'], units: 20, rate: 100 }))
  const page = renderPage(recordOf(experiment, 'pass'))
  expect(unbalanced(page)).toEqual([])
  expect(ids(page).filter((id, i, all) => all.indexOf(id) !== i)).toEqual([])
})

test('record and page of four arms and three minutes stay below 2 MB', { timeout: 120_000 }, () => {
  const names = ['baseline', 'envoy', 'istio', 'linkerd']
  const experiment = sampleUnits({ arms: names, units: 180, noise: 0.8 })
  experiment.verdicts = names.slice(1).map((arm) => {
    const differences = Array.from({ length: 180 }, (_, i) => 1.9 + 0.2 * Math.sin(i))
    return unitVerdict(experiment, arm, differences, {
      ...{ indicator: 'p99Ms', unit: 'ms', limit: { max: 2 }, outcome: 'pass' },
    })
  })
  const record = recordOf(experiment, 'pass')
  const distinct = decodeHistogram(experiment.arms[0]?.trials[0]?.load.units?.[0]?.latency ?? '')
  expect(distinct.totalCount).toBe(1000)
  expect(recordText(record).length).toBeLessThan(2e6)
  expect(renderPage(record).length).toBeLessThan(6e5)
  // What probes saw of the units and stations makes both longer.
  const probed = recordOf(addKernel(experiment), 'pass')
  expect(recordText(probed).length).toBeLessThan(3e6)
  expect(renderPage(probed).length).toBeLessThan(6e5)
})
