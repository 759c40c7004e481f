import { stripVTControlCharacters } from 'node:util'
import { describe, expect, test } from 'vitest'
import { reason } from './reasons.ts'
import type { Experiment, Trial } from './record.ts'
import { renderSummary } from './terminal.ts'
import { addKernel } from './testing/kernel.ts'
import { sampleUnits, unitVerdict } from './testing/paired.ts'
import { sampleRecord } from './testing/record.ts'
import { addChurn, addStream, invalidate } from './testing/trial.ts'

const [openLoop, untrusted, skipped] = sampleRecord().experiments as [Experiment, Experiment, Experiment]

test('a table of the arms with the evidence beside it, then a line for each verdict and each thing left out', () => {
  expect(renderSummary(openLoop, { colour: false, columns: 130, cluster: 'local' })).toBe(
    `http › an mTLS sidecar adds at most 2 ms at p99                              local · trials · seed 7
             achieved   p50 ms   p99 ms   p99.9 ms   cpu/request   errors
  baseline    1,000/s     0.21     0.46       0.94       32.2 µs        0   no proxy in the path
  envoy       1,000/s     0.64     1.82       4.56        116 µs        3   mTLS: 7,000 requests over 32 handshakes
  pass  p99 of envoy is 1.96 ms  [1.88, 2.05]  ≤ 10 ms
  pass  error rate of envoy is 0.005 %  [0, 0.017]  ≤ 0.1 %
  pass  envoy adds 1.46 ms at p99  [1.38, 1.55]  ≤ 2 ms
  fail  envoy adds 3.86 ms at p99.9  [3.31, 4.40]  ≤ 3 ms
  inconclusive  envoy adds 81.2 µs of CPU per request  [77.9, 84.6]  ≤ 80 µs
  left out  trial 14 of envoy: achieved 961 of 1,000 requests/s, below 99 %; send-lag p99 412 µs
  skipped   istio: istioctl is not on PATH; install it from istio.io/latest/docs/setup, or leave istio out with --mesh
  to do     a longer --profile, or a quieter machine`,
  )
})

test('what was not measured is a sign, not a zero', () => {
  const text = renderSummary(untrusted, { colour: false, columns: 100, cluster: 'local' })
  expect(text).toMatch(/^ {2}envoy( +–){6}$/m)
  expect(text).toContain('invalid  envoy adds to baseline at p99Ms: too few usable trials')
})

test('an experiment that did not run says why', () => {
  expect(renderSummary(skipped, { colour: false, columns: 100, cluster: 'local' })).toBe(
    'grpc › a unary call through linkerd                                                   local · seed 7\n  skipped   linkerd needs a Kubernetes cluster: give --cluster kind, k3s or kubeconfig',
  )
})

test.for([40, 60, 80])('nothing is wider than a terminal of %d columns', (columns) => {
  const lines = renderSummary(openLoop, { colour: true, columns, cluster: 'local' })
    .split('\n')
    .map(stripVTControlCharacters)
  expect(lines.filter((line) => line.length > columns)).toEqual([])
})

test('colour only adds to the text', () => {
  const coloured = renderSummary(openLoop, { colour: true, columns: 130, cluster: 'local' })
  expect(coloured).not.toBe(stripVTControlCharacters(coloured))
  expect(stripVTControlCharacters(coloured)).toBe(
    renderSummary(openLoop, { colour: false, columns: 130, cluster: 'local' }),
  )
})

test('a difference to another arm than the control names it', () => {
  const experiment = structuredClone(openLoop)
  for (const verdict of experiment.verdicts) if (verdict.over) verdict.over = 'linkerd'
  expect(renderSummary(experiment, { colour: false, columns: 130, cluster: 'local' })).toContain(
    'envoy adds 1.46 ms to linkerd at p99',
  )
})

test('texts from elsewhere cannot steer the terminal', () => {
  const experiment = { ...skipped, message: 'a\u001b[2Jb\u0007c\rd' }
  expect(renderSummary(experiment, { colour: false, columns: 80, cluster: 'local' })).toMatch(
    /\n {2}skipped {3}ab c d$/,
  )
})

test('an experiment that changes something under load has columns for that, and no other has', () => {
  const experiment = structuredClone(openLoop)
  for (const trial of experiment.arms[0]?.trials ?? []) addChurn(trial, 104)
  const [, head, baseline, envoy] = renderSummary(experiment, { colour: false, columns: 160, cluster: 'local' }).split(
    '\n',
  )
  expect(head).toMatch(/errors +push ms +settled ms +gap ms$/)
  expect(baseline).toMatch(/ 0 +104 +104 +21.0 +no proxy/)
  expect(envoy).toMatch(/ 3 +– +– +– +mTLS/)
  expect(renderSummary(openLoop, { colour: false, columns: 160, cluster: 'local' })).not.toContain('push')
})

test('an experiment of streams has a bit rate, loss, jitter and delay in place of latency', () => {
  const experiment = structuredClone(openLoop)
  for (const trial of experiment.arms.flatMap(({ trials }) => trials)) addStream(trial, 1e9)
  const [, head, baseline] = renderSummary(experiment, { colour: false, columns: 160, cluster: 'local' }).split('\n')
  expect(head).toMatch(/achieved +bit rate +loss +jitter µs +delay p99 µs +cpu\/request +errors$/)
  expect(baseline).toMatch(/1,000\/s +1 Gbit\/s +0 % +12.5 +\d+ +32.2 µs +0 +no proxy/)
})

describe('an experiment of units', () => {
  const paired = sampleUnits({ arms: ['baseline', 'envoy'], units: 44 })
  const differences = Array.from({ length: 44 }, (_, i) => 1.44 + 0.1 * Math.sin(i))
  const about = { indicator: 'p99Ms', unit: 'ms', limit: { max: 2 } }
  const overLimit = { arm: 0.009, over: 0.001, pValue: 0.0002 }
  paired.verdicts = [unitVerdict(paired, 'envoy', differences, { ...about, outcome: 'pass', overLimit })]

  test('one table, a sentence a verdict with what stands behind it, then the machine and the design, each said once', () => {
    expect(renderSummary(paired, { colour: false, columns: 130, cluster: 'kind' })).toBe(
      `http › an mTLS sidecar adds at most 2 ms at p99                               kind · paired · seed 7
             achieved   p50 ms   p99 ms   p99.9 ms   cpu/request   errors   seconds
  baseline    1,000/s     0.22     0.45       2.84       31.0 µs        0        44   no proxy, plain text
  envoy       1,000/s     0.65     1.42       3.68        111 µs        0        44   mTLS: 44,000 requests over 64 handshakes
  pass  envoy adds 1.44 ms at p99  [1.37, 1.51]  ≤ 2 ms     noise floor 0.050 ms; 0.21 ms could have been seen
        44 units, one deployment · calmer half 1.44 [1.37, 1.51] · over the limit 0.9 % of the requests of envoy, 0.1 % of
        baseline (p < 0.001)
  machine   took 3 % of the time away (median of 44 units); the smallest change it could see here: 0.21 ms at p99
  design    paired: all arms together take 34 % of the cores; all arms were under load at once, so how one fares with the machine
            to itself is not seen
  rate      1,000/s for each arm (as asked for, and every arm holds it)
  nodes     server on meshmark-worker, client on meshmark-worker2
  agents    sleep until a request is due, as there is no core to spare for asking the clock; median send lag: baseline 3 µs, envoy
            3 µs`,
    )
  })

  test('what is open says what to do, and by how much longer', () => {
    const experiment = structuredClone(paired)
    const lines = () => renderSummary(experiment, { colour: false, columns: 200, cluster: 'local' }).split('\n')
    experiment.verdicts = [
      unitVerdict(experiment, 'envoy', differences, { ...about, limit: { max: 1.48 }, outcome: 'inconclusive' }),
    ]
    expect(lines().at(-1)).toBe('  to do     --max-duration 180s, or a quieter machine')
    experiment.verdicts = [
      unitVerdict(experiment, 'envoy', differences, { ...about, limit: { max: 1.44 }, outcome: 'inconclusive' }),
    ]
    expect(lines().at(-1)).toContain('too near to the limit for this machine to tell')
  })

  test('units that do not count are counted by reason, once for all verdicts', () => {
    const experiment = structuredClone(paired)
    const leftOut = [{ reason: reason('pod_restarted', 'a pod of envoy was restarted'), units: 2 }]
    experiment.verdicts = ['p99Ms', 'p50Ms'].map((indicator) =>
      unitVerdict(experiment, 'envoy', differences, { ...about, indicator, outcome: 'pass', leftOut }),
    )
    const text = renderSummary(experiment, { colour: false, columns: 130, cluster: 'local' })
    expect(text.match(/a pod of envoy was restarted/g)).toHaveLength(1)
    expect(text).toContain('\n  left out  2 units: a pod of envoy was restarted\n')
  })

  test('a deployment that cannot be trusted is named, but not again where the verdict says why', () => {
    const experiment = structuredClone(paired)
    const trial = experiment.arms[1]?.trials[0] as Trial
    invalidate(trial, reason('evidence_mismatch', 'no handshake was counted'))
    const text = () => renderSummary(experiment, { colour: false, columns: 130, cluster: 'local' })
    expect(text()).toContain('  left out  deployment 1 of envoy: no handshake was counted')
    for (const verdict of experiment.verdicts)
      Object.assign(verdict, { outcome: 'invalid', measured: null, why: 'p99Ms of envoy: no handshake was counted' })
    expect(text()).not.toContain('left out')
    expect(text().match(/no handshake was counted/g)).toHaveLength(1)
  })

  test('each deployment has its estimate, an objective is about this machine, and a longer unit says how long it is', () => {
    const experiment = structuredClone(paired)
    const deployments = [1.4, 1.5]
    experiment.verdicts = [
      unitVerdict(experiment, 'envoy', differences, {
        ...about,
        ...{ kind: 'objective', over: null, outcome: 'pass', deployments, calmer: null },
        units: { count: 22, lengthMs: 2000 },
      }),
    ]
    expect(renderSummary(experiment, { colour: false, columns: 130, cluster: 'local' })).toContain(
      '        22 units of 2 s · by deployment 1.40 and 1.50 · this machine as found\n',
    )
  })
})

test('the cores that arms take are told with the rate where the design does not', () => {
  const experiment = sampleUnits({ arms: ['baseline'], units: 3, rate: 10 })
  experiment.designWhy = 'it was asked for'
  expect(renderSummary(experiment, { colour: false, columns: 130, cluster: 'local' })).toContain(
    '(as asked for, and every arm holds it); all arms together take 34 % of the cores',
  )
})

test('an estimate without an interval says that its units are too few', () => {
  const experiment = sampleUnits({ arms: ['baseline', 'envoy'], units: 5, rate: 10 })
  experiment.verdicts = [
    unitVerdict(experiment, 'envoy', [1, 2, 3, 4, 5], {
      ...{ indicator: 'p99Ms', unit: 'ms', limit: { max: 2 }, outcome: 'inconclusive', noiseFloor: null },
      ...{ smallestEffect: null, calmer: null },
    }),
  ]
  const text = renderSummary(experiment, { colour: false, columns: 130, cluster: 'local' })
  expect(text).toContain('inconclusive  envoy adds 3.00 ms at p99  ≤ 2 ms\n')
  expect(text).toContain('5 units, too few to tell, one deployment\n')
  expect(text).toMatch(/to do {5}--max-duration 30s, or a quieter machine$/)
})

test('where bpftrace was killed, that is what there is to do something about', () => {
  const experiment = addKernel(sampleUnits({ arms: ['baseline', 'envoy'], units: 20 }))
  const limit = { indicator: 'requestsP99Us', unit: 'µs', limit: { max: 2 }, outcome: 'inconclusive' } as const
  const none = { noiseFloor: null, smallestEffect: null, calmer: null }
  experiment.verdicts = [unitVerdict(experiment, 'envoy', [], { ...limit, ...none })]
  const toDo = () =>
    /to do {5}(.*)/.exec(renderSummary(experiment, { colour: false, columns: 160, cluster: 'local' }))?.[1]
  expect(toDo()).toMatch(/^--max-duration/)
  const reading = experiment.arms[1]?.trials[0]?.kernel?.readings.find(({ probe }) => probe === 'requests')
  Object.assign(reading ?? {}, {
    series: null,
    reason: 'bpftrace ended by SIGKILL before it was stopped: it said nothing',
  })
  expect(toDo()).toBe('run it again: requests was not read, as bpftrace ended by SIGKILL before it was stopped')
})

test('a rate that can never give enough replies is told so', () => {
  const experiment = sampleUnits({ arms: ['baseline', 'envoy'], units: 20, rate: 2 })
  const few = reason('too_few_requests', 'fewer than 500 replies of an arm were left')
  experiment.verdicts = [
    unitVerdict(experiment, 'envoy', [], {
      ...{ indicator: 'p99Ms', unit: 'ms', limit: { max: 2 }, outcome: 'inconclusive', noiseFloor: null },
      ...{ smallestEffect: null, calmer: null, leftOut: [{ reason: few, units: 20 }] },
    }),
  ]
  const text = renderSummary(experiment, { colour: false, columns: 130, cluster: 'local' })
  expect(text).toMatch(/to do {5}a higher rate: p99 takes 7,000 replies, at this one 58 min 20 s$/)
})

test('names from outside leave the table whole, and steer no terminal', () => {
  const experiment = sampleUnits({ arms: ['baseline', 'envoy'], units: 20, rate: 10 })
  const forged = 'x\n::error::forged\u001b[31m'
  Object.assign(experiment, { suite: forged, test: forged })
  for (const arm of experiment.arms) {
    arm.source = { commit: 'a'.repeat(40), ref: 'main', dirty: false }
    for (const trial of arm.trials) trial.arm = `${arm.name}${forged}`
    arm.name = `${arm.name}${forged}`
  }
  const text = renderSummary(experiment, { colour: false, columns: 400, cluster: 'local' })
  expect(text.split('\n').slice(0, 4)).toEqual([
    expect.stringMatching(/^x ::error::forged › x ::error::forged /),
    expect.stringMatching(/^ +achieved /),
    expect.stringMatching(/^ {2}baselinex ::error::forged .*plain text$/),
    expect.stringMatching(/^ {2}envoyx ::error::forged .*handshakes$/),
  ])
  expect(text).not.toContain('\u001b')
})

test('a maximum over units says that it is their median', () => {
  const experiment = sampleUnits({ arms: ['baseline', 'envoy'], units: 20, rate: 10 })
  const of = (indicator: string) =>
    unitVerdict(
      experiment,
      'envoy',
      Array.from({ length: 20 }, (_, i) => i),
      {
        ...{ indicator, unit: 'ms', limit: { max: 200 }, outcome: 'pass', calmer: null },
      },
    )
  const words = (indicator: string) => {
    experiment.verdicts = [of(indicator)]
    return renderSummary(experiment, { colour: false, columns: 130, cluster: 'local' })
  }
  expect(words('maxMs')).toContain('20 units, one deployment · the median of their maxima')
  expect(words('p99Ms')).not.toContain('maxima')
})

test('trials with like reasons are one line', () => {
  const experiment = structuredClone(openLoop)
  for (const [i, trial] of (experiment.arms[0]?.trials ?? []).slice(0, 3).entries())
    invalidate(trial, reason('rate_not_held', `achieved ${900 + i} of 1,000 requests/s`))
  expect(renderSummary(experiment, { colour: false, columns: 130, cluster: 'local' })).toContain(
    '\n  left out  trials 1, 4, 5 of baseline: achieved 900 of 1,000 requests/s, and the like\n',
  )
})
