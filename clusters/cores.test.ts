import { expect, test } from 'vitest'
import { coresText, cpuListOf, readCpuList, splitCpus } from './cores.ts'

test('lists of CPUs are read and written as Linux has them', () => {
  expect(readCpuList('0-2,5\n')).toEqual([0, 1, 2, 5])
  expect(readCpuList('')).toEqual([])
  expect(cpuListOf([5, 1, 0, 2, 10])).toBe('0-2,5,10')
  expect(cpuListOf([])).toBe('')
  expect([coresText('10'), coresText('0-1')]).toEqual(['core 10', 'cores 0-1'])
})

test('a quarter of the CPUs is the load’s, and one of fewer than eight', () => {
  expect(splitCpus([0], 0.25)).toBeNull()
  expect(splitCpus([0, 1], 0.25)).toEqual({ load: '0', measured: '1' })
  expect(splitCpus([0, 1, 2], 0.25)).toEqual({ load: '0', measured: '1-2' })
  expect(splitCpus(readCpuList('4-11'), 0.25)).toEqual({ load: '4-5', measured: '6-11' })
  expect(splitCpus(readCpuList('0-5'), 0.5)).toEqual({ load: '0-2', measured: '3-5' })
})

test('hardware threads of a core stay together where that leaves the load no more than half', () => {
  const pairs = (cores: number) => Array.from({ length: cores }, (_, core) => [core, core + cores])
  expect(splitCpus([0, 1], 0.25, [[0, 1]])).toEqual({ load: '0', measured: '1' })
  expect(splitCpus(readCpuList('0-3'), 0.25, pairs(2))).toEqual({ load: '0,2', measured: '1,3' })
  expect(splitCpus(readCpuList('0-15'), 0.25, pairs(8))).toEqual({ load: '0-1,8-9', measured: '2-7,10-15' })
  // Of a core half of which is somebody else's, there is one thread.
  expect(splitCpus([1, 2, 3], 0.25, pairs(2))).toEqual({ load: '1', measured: '2-3' })
})
