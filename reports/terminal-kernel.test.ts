import { expect, test } from 'vitest'
import type { Experiment } from './record.ts'
import { renderSummary } from './terminal.ts'
import { addKernel } from './testing/kernel.ts'
import { sampleUnits } from './testing/paired.ts'

const experiment = addKernel(sampleUnits({ arms: ['baseline', 'envoy'], units: 30, rate: 200 }))
const lines = (of: Experiment, columns: number) =>
  renderSummary(of, { colour: false, columns, cluster: 'local' }).split('\n')

test('says where the time went, what the tail moves with, and what the probes cost', () => {
  expect(lines(experiment, 300).filter((line) => /^ {2}(time|tail|probes|no probe|caveat) /.test(line))).toEqual([
    '  time      Of the 0.39 ms that envoy adds to the mean request, 0.16 are in the client’s proxy (0.02 of it waiting for a CPU), 0.19 in the server’s proxy (0.02 of it waiting for a CPU), 0.03 on the network, 0.01 unattributed',
    expect.stringMatching(
      /^ {2}time {6}Of the 0.49 ms that envoy adds to the mean request in the slowest 3 units of each arm, /,
    ),
    '  tail      The tail of baseline moves with none of what the probes measured',
    expect.stringMatching(
      /^ {2}tail {6}The tail of envoy moves with the wait for a CPU \(rank correlation 0.\d\d over 30 units\)$/,
    ),
    '  probes    runqueue, requests, arrival, retransmits; 1.9 % of a core',
  ])
})

test('names a probe that cannot run with how to get it, and a reading that cannot be trusted', () => {
  const broken = structuredClone(experiment)
  broken.probes?.unavailable.push({ probe: 'retransmits', reason: 'no bpftrace', remedy: 'apt-get install bpftrace' })
  for (const { kernel } of broken.arms[1]?.trials ?? [])
    Object.assign(kernel?.readings[0] ?? {}, { reason: '3 % of the events are of pods that nobody knows' })
  expect(lines(broken, 200)).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^ {2}probes {4}runqueue, requests, arrival; /),
      '  no probe  retransmits: no bpftrace; apt-get install bpftrace',
      '  caveat    runqueue of envoy: 3 % of the events are of pods that nobody knows',
    ]),
  )
})

test.for([40, 60, 80])('nothing is wider than a terminal of %d columns', (columns) => {
  expect(lines(experiment, columns).filter((line) => line.length > columns)).toEqual([])
})

test('none of it is there without probes', () => {
  const plain = sampleUnits({ arms: ['baseline', 'envoy'], units: 5, rate: 50 })
  expect(lines(plain, 200).filter((line) => /^ {2}(time|tail|probes|no probe|caveat) /.test(line))).toEqual([])
})
