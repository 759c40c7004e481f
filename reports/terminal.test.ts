import { stripVTControlCharacters } from 'node:util'
import { expect, test } from 'vitest'
import type { Experiment } from './record.ts'
import { renderSummary } from './terminal.ts'
import { sampleRecord } from './testing/record.ts'
import { addChurn, addStream } from './testing/trial.ts'

const [openLoop, untrusted, skipped] = sampleRecord().experiments as [Experiment, Experiment, Experiment]

test('a table of the arms with the evidence beside it, then a line for each verdict and each thing left out', () => {
  expect(renderSummary(openLoop, { colour: false, columns: 130 })).toBe(
    `             achieved   p50 ms   p99 ms   p99.9 ms   cpu/request   errors
  baseline    1,000/s     0.21     0.46       0.94       32.2 µs        0   no proxy in the path
  envoy       1,000/s     0.64     1.82       4.56        116 µs        3   mTLS: 7,000 requests over 32 handshakes
  pass  p99 of envoy is 1.96 ms  [1.88, 2.05]  ≤ 10 ms
  pass  error rate of envoy is 0.005 %  [0, 0.017]  ≤ 0.1 %
  pass  envoy adds 1.46 ms at p99  [1.38, 1.55]  ≤ 2 ms
  fail  envoy adds 3.86 ms at p99.9  [3.31, 4.40]  ≤ 3 ms
  inconclusive  envoy adds 81.2 µs of CPU per request  [77.9, 84.6]  ≤ 80 µs
  left out  trial 14 of envoy: achieved 961 of 1,000 requests/s, below 99 %; send-lag p99 412 µs
  skipped  istio: istioctl is not on PATH; install it from istio.io/latest/docs/setup, or leave istio out with --mesh`,
  )
})

test('what was not measured is a sign, not a zero', () => {
  const text = renderSummary(untrusted, { colour: false, columns: 100 })
  expect(text).toMatch(/^ {2}envoy( +–){6}$/m)
  expect(text).toContain('invalid  envoy adds to baseline at p99Ms: too few usable trials')
})

test('an experiment that did not run says why', () => {
  expect(renderSummary(skipped, { colour: false, columns: 100 })).toBe(
    '  skipped  linkerd needs a Kubernetes cluster: give --cluster kind, k3s or kubeconfig',
  )
})

test.for([40, 60, 80])('nothing is wider than a terminal of %d columns', (columns) => {
  const lines = renderSummary(openLoop, { colour: true, columns }).split('\n').map(stripVTControlCharacters)
  expect(lines.filter((line) => line.length > columns)).toEqual([])
})

test('colour only adds to the text', () => {
  const coloured = renderSummary(openLoop, { colour: true, columns: 130 })
  expect(coloured).not.toBe(stripVTControlCharacters(coloured))
  expect(stripVTControlCharacters(coloured)).toBe(renderSummary(openLoop, { colour: false, columns: 130 }))
})

test('a difference to another arm than the control names it', () => {
  const experiment = structuredClone(openLoop)
  for (const verdict of experiment.verdicts) if (verdict.over) verdict.over = 'linkerd'
  expect(renderSummary(experiment, { colour: false, columns: 130 })).toContain('envoy adds 1.46 ms to linkerd at p99')
})

test('texts from elsewhere cannot steer the terminal', () => {
  const experiment = { ...skipped, message: 'a\u001b[2Jb\u0007c\rd' }
  expect(renderSummary(experiment, { colour: false, columns: 80 })).toBe('  skipped  ab c d')
})

test('an experiment that changes something under load has columns for that, and no other has', () => {
  const experiment = structuredClone(openLoop)
  for (const trial of experiment.arms[0]?.trials ?? []) addChurn(trial, 104)
  const [head, baseline, envoy] = renderSummary(experiment, { colour: false, columns: 160 }).split('\n')
  expect(head).toMatch(/errors +push ms +settled ms +gap ms$/)
  expect(baseline).toMatch(/ 0 +104 +104 +21.0 +no proxy/)
  expect(envoy).toMatch(/ 3 +– +– +– +mTLS/)
  expect(renderSummary(openLoop, { colour: false, columns: 160 })).not.toContain('push')
})

test('an experiment of streams has a bit rate, loss, jitter and delay in place of latency', () => {
  const experiment = structuredClone(openLoop)
  for (const trial of experiment.arms.flatMap(({ trials }) => trials)) addStream(trial, 1e9)
  const [head, baseline] = renderSummary(experiment, { colour: false, columns: 160 }).split('\n')
  expect(head).toMatch(/achieved +bit rate +loss +jitter µs +delay p99 µs +cpu\/request +errors$/)
  expect(baseline).toMatch(/1,000\/s +1 Gbit\/s +0 % +12.5 +\d+ +32.2 µs +0 +no proxy/)
})
