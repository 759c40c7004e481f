import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, expect, vi } from 'vitest'
import { beginVariable } from '../../clusters/job.ts'
import { test } from '../../clusters/testing.ts'
import { agreeOnBegin, unixNow } from './begin.ts'

afterEach(() => {
  vi.unstubAllEnvs()
})

test('a beginning that has passed is caught up with in the warm-up, by half of it at most', async ({ ref }) => {
  const file = join(ref.workDir, 'begin')
  vi.stubEnv(beginVariable, file)
  const waitFor = async (fromNowMs: number, warmUpMs: number) => {
    await writeFile(file, `${unixNow() + fromNowMs}\n`)
    return agreeOnBegin(() => {}, warmUpMs)
  }
  expect(await waitFor(60_000, 0)).toBeGreaterThan(0)
  expect(await waitFor(-1000, 120_000)).toBeLessThan(-1000)
  await expect(waitFor(-1000, 1500)).rejects.toThrow(/reached the agent \d+ ms too late/)
  await expect(waitFor(-1, 0)).rejects.toThrow('too late')
})
