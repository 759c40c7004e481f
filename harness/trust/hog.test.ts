import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { hasProc, processStartTime, processStat } from '../../clusters/local/process-table.ts'
import { type Hog, hogs, startHog } from './hog.ts'

test.for([...hogs])('a hog of kind %s takes CPU time, is nobody’s child, and ends', async (kind: Hog, { skip }) => {
  if (!hasProc) skip('no /proc here')
  const hog = await startHog(kind, 1)
  try {
    await expect.poll(() => processStat(hog.pid)?.cpuTicks ?? 0, { timeout: 20_000 }).toBeGreaterThan(30)
    expect(processStat(hog.pid)?.parent).not.toBe(process.pid)
  } finally {
    await hog[Symbol.asyncDispose]()
  }
  await sleep(20)
  expect(processStartTime(hog.pid)).toBeNull()
})
