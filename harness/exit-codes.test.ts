import { expect, test } from 'vitest'
import { ClusterError } from '../clusters/errors.ts'
import { ReportError } from '../reports/errors.ts'
import { HarnessError } from './errors.ts'
import { exitCodeFor, exitCodeOfError, exitCodes, isMisconfiguration } from './exit-codes.ts'

test('an error ends the command line with the exit code of its code', () => {
  expect(exitCodeFor(new HarnessError('CONFIG_INVALID', 'x'))).toBe(2)
  expect(exitCodeFor(new HarnessError('LOAD_FAILED', 'x'))).toBe(4)
  expect(exitCodeFor(new ClusterError('CLUSTER_CONFIG_INVALID', 'x'))).toBe(2)
  expect(exitCodeFor(new ClusterError('CLUSTER_NOT_READY', 'x'))).toBe(4)
  expect(exitCodeFor(new ReportError('RECORD_NOT_FOUND', 'x'))).toBe(2)
  expect(exitCodeFor(JSON.parse(JSON.stringify({ code: 'CONFIG_UNKNOWN', message: 'crossed a thread' })))).toBe(2)
})

test('what is none of our errors has none', () => {
  for (const error of [new Error('CONFIG_INVALID'), { code: 'ENOENT' }, { code: 'toString' }, { code: 2 }, null, 'x'])
    expect(exitCodeFor(error)).toBeNull()
})

test('wrong use is what the configuration, a record or a store is wrong in; a probe that cannot run here is skipped; all else is invalid', () => {
  const { PROBE_UNAVAILABLE, ...rest } = exitCodeOfError
  expect(PROBE_UNAVAILABLE).toBe(exitCodes.inconclusive)
  const usage = Object.entries(rest).filter(([, exitCode]) => exitCode === exitCodes.usage)
  expect(usage.map(([code]) => code).sort()).toEqual([
    'CLUSTER_CONFIG_INVALID',
    'CONFIG_INVALID',
    'CONFIG_UNKNOWN',
    'RECORD_INVALID',
    'RECORD_NOT_FOUND',
    'STORE_CONFLICT',
    'STORE_INVALID',
  ])
  const others = Object.values(rest).filter((exitCode) => exitCode !== exitCodes.usage)
  expect(new Set(others)).toEqual(new Set([exitCodes.invalid]))
})

test('a record that cannot be read is no wrong configuration of the run that reads it', () => {
  expect(isMisconfiguration(new HarnessError('CONFIG_INVALID', 'x'))).toBe(true)
  expect(isMisconfiguration(JSON.parse(JSON.stringify({ code: 'CLUSTER_CONFIG_INVALID' })))).toBe(true)
  for (const error of [
    new ReportError('RECORD_INVALID', 'x'),
    new HarnessError('LOAD_FAILED', 'x'),
    { code: 'x' },
    null,
  ])
    expect(isMisconfiguration(error)).toBe(false)
})
