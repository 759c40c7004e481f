import { expect, test } from 'vitest'
import type { Experiment } from '../record.ts'
import { addKernel } from '../testing/kernel.ts'
import { recordOf, sampleUnits } from '../testing/paired.ts'
import { renderPage } from './page.ts'

const experiment = addKernel(sampleUnits({ arms: ['baseline', 'envoy'], units: 30, rate: 200 }))
const text = (of: Experiment) =>
  renderPage(recordOf(of, 'pass'))
    .replace(/<(head|svg)[\s\S]*?<\/\1>/g, '')
    .replace(/<[^>]+>/g, ' ')
    .replace(/\s+/g, ' ')

test('says where the time went and what the tail moves with, and has the figures behind it', () => {
  const words = text(experiment)
  for (const expected of [
    'What the kernel saw Of the 0.39 ms that envoy adds to the mean request, 0.16 are in the client’s proxy',
    'The tail of envoy moves with the wait for a CPU (rank correlation 0.',
    'Where the time of the mean request went',
    'client proxy: waiting for a CPU – – 0.018 0.087',
    'in all 0.176 0.224 0.568 0.712',
    'runqueue: how long, by station',
    'arrival client: client 6,0',
    'client proxy: write – – 12,000 2,000',
    'cost runqueue 0.35 % of a core, requests 0.28 % of a core, arrival 0.45 % of a core, retransmits 0.8 % of a core; 1.9 % of a core in all',
    'Unattributed',
  ])
    expect(words).toContain(expected)
  expect(words).not.toContain('caveat')
})

test('says what could not be read, and how to get it', () => {
  const broken = structuredClone(experiment)
  if (broken.probes)
    broken.probes.unavailable = [{ probe: 'rtt', reason: 'no tracepoint tcp:tcp_probe', remedy: 'a newer kernel' }]
  for (const { kernel } of broken.arms[1]?.trials ?? []) {
    Object.assign(kernel?.readings[0] ?? {}, { series: null, reason: 'bpftrace ended: <killed>' })
    Object.assign(kernel?.split?.all ?? {}, { parts: null, reason: 'the hops did not see the same requests' })
  }
  const words = text(broken)
  expect(words).toContain('no rtt no tracepoint tcp:tcp_probe; a newer kernel')
  expect(words).toContain('caveat runqueue of envoy: bpftrace ended: &lt;killed&gt;')
  expect(words).toContain(
    'Where the time that envoy adds to the mean request goes is not known; envoy: the hops did not see the same requests',
  )
})

test('without probes there is no such section, and no word of it', () => {
  const words = text(sampleUnits({ arms: ['baseline', 'envoy'], units: 5, rate: 50 }))
  expect(words).not.toMatch(/kernel saw|Unattributed|probe/)
})

test('with none that could run there is nothing but why', () => {
  const none = sampleUnits({ arms: ['baseline', 'envoy'], units: 5, rate: 50 })
  const unavailable = [{ probe: 'rtt', reason: 'no bpftrace', remedy: 'apt-get install bpftrace' }]
  none.probes = { names: ['rtt'], unavailable, cost: [] }
  expect(text(none)).toContain('What the kernel saw The probes themselves no rtt no bpftrace; apt-get install bpftrace')
})
