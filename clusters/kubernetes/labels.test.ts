import { expect, test } from 'vitest'
import { ownerOf } from '../local/label.ts'
import { dnsName, isOrphan, labelKeys, labelValue, ownerIn, runLabels } from './labels.ts'

test('labels tell whose an object is, and whether that process is gone', () => {
  const labels = runLabels({ runId: '20260102-030405-abcdef', owner: ownerOf(process.pid) })
  expect(labels[labelKeys.run]).toBe('20260102-030405-abcdef')
  expect(ownerIn(labels)).toEqual(ownerOf(process.pid))
  expect(isOrphan(labels)).toBe(false)
  expect(isOrphan({ ...labels, [labelKeys.owner]: `${process.pid}.1` })).toBe(true)
})

test('what is of another machine, or says nothing of an owner, is nobody’s orphan', () => {
  const dead = { ...runLabels({ runId: 'run', owner: { pid: 4_000_000, startTime: '1' } }) }
  expect(isOrphan(dead)).toBe(true)
  expect(isOrphan({ ...dead, [labelKeys.machine]: 'elsewher' })).toBe(false)
  expect(isOrphan({ [labelKeys.run]: 'run' })).toBe(false)
  expect(isOrphan(undefined)).toBe(false)
})

test('names are kept where Kubernetes takes them, else told apart by a hash', () => {
  expect(dnsName('20260102-run-1-baseline')).toBe('20260102-run-1-baseline')
  expect(dnsName('run-12_0_3')).toMatch(/^run-12-0-3-[0-9a-f]{6}$/)
  expect(dnsName('run-12_0_3')).not.toBe(dnsName('run-12-0_3'))
  expect(dnsName('a'.repeat(80))).toHaveLength(63)
  expect(dnsName('-Ünsinn-')).toMatch(/^[a-z0-9][-a-z0-9]*[a-z0-9]$/)
  expect(labelValue('test--12_0_1-abc')).toBe('test--12_0_1-abc')
  expect(labelValue('_x')).toMatch(/^x-[0-9a-f]{6}$/)
})
