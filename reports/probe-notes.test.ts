import { expect, test } from 'vitest'
import type { KernelReading } from './kernel.ts'
import { probeCaveats, probeCosts, probesInWords, silentProbes } from './probe-notes.ts'
import type { Experiment } from './record.ts'
import { addKernel } from './testing/kernel.ts'
import { sampleUnits } from './testing/paired.ts'

const sample = addKernel(sampleUnits({ arms: ['baseline', 'envoy'], units: 5, rate: 100 }))

/** The sample, whose readings of the run queue differ in this. */
function changed(change: Partial<KernelReading>, arms = ['envoy']): Experiment {
  const experiment = structuredClone(sample)
  for (const { name, trials } of experiment.arms)
    for (const reading of trials.flatMap(({ kernel }) => kernel?.readings ?? []))
      if (reading.probe === 'runqueue' && arms.includes(name)) Object.assign(reading, change)
  return experiment
}

test('what is as it should be needs no caveat', () => {
  expect(probeCaveats(sample)).toEqual([])
  expect(silentProbes(sample)).toEqual([])
})

test('a reading that is not there, or not to be trusted, says why, once for all arms', () => {
  const reason = 'the kernel missed 3 % of the events, above 1 %'
  expect(probeCaveats(changed({ series: null, reason: 'bpftrace ended: killed' }))).toEqual([
    'runqueue of envoy: bpftrace ended: killed',
  ])
  expect(probeCaveats(changed({ reason }, ['baseline', 'envoy']))).toEqual([
    `runqueue of baseline and envoy: ${reason}`,
  ])
})

test('a probe that saw nothing is not one that could not be read', () => {
  const both = ['baseline', 'envoy']
  expect(silentProbes(changed({ series: [] }, both))).toEqual(['runqueue'])
  expect(silentProbes(changed({ series: [] }))).toEqual([])
  expect(silentProbes(changed({ series: null, reason: 'it died' }, both))).toEqual([])
})

test('requests that kernel and agent count apart are named', () => {
  const experiment = structuredClone(sample)
  for (const { kernel } of experiment.arms[1]?.trials ?? []) if (kernel) kernel.requests = { kernel: 989, agent: 1000 }
  expect(probeCaveats(experiment)).toEqual([
    'envoy: the kernel saw 989 requests at the load’s sockets where the agent counted 1,000',
  ])
})

test('the cost is of a core, over the time in which the probe was there', () => {
  const { each, all } = probeCosts(sample)
  expect(each[0]).toEqual({ probe: 'runqueue', share: expect.closeTo(0.0035, 4) as number })
  expect(all).toBeCloseTo(0.0188, 3)
  expect(probesInWords(sample)).toBe('runqueue, requests, arrival, retransmits; 1.9 % of a core')
})

test('a cost that is not known is no zero, and a probe that cannot run is not among those that did', () => {
  const probes = {
    names: ['runqueue', 'offcpu'],
    unavailable: [{ probe: 'offcpu', reason: 'no root', remedy: 'run as root' }],
    cost: [{ probe: 'runqueue', seconds: 44, programMs: null, bpftraceMs: 44 }],
  }
  expect(probeCosts({ probes })).toEqual({ each: [{ probe: 'runqueue', share: null }], all: null })
  expect(probesInWords({ probes })).toBe('runqueue')
  expect(probesInWords({ probes: { ...probes, names: ['offcpu'] } })).toBeNull()
  expect(probesInWords({})).toBeNull()
})
