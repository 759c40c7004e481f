import { spawnSync } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { processTimes } from '../metrics/process-times.ts'
import { type ProcessId, textOf } from '../process.ts'
import { applierMissing, testChild, testFolder } from '../testing.ts'
import { Applier } from './applier.ts'

const runMs = (id: ProcessId) => Number(processTimes(id)?.runNs ?? 0n) / 1e6

/** How many times as long the first of two processes runs as the second, over a second and a half. */
async function share(first: ProcessId, second: ProcessId): Promise<number> {
  const before = [runMs(first), runMs(second)] as const
  await sleep(1500)
  return (runMs(first) - before[0]) / (runMs(second) - before[1])
}

test('of two processes that want one CPU, the favoured one gets most of it, and half when it is over', async ({
  skip,
}) => {
  const missing = applierMissing()
  if (missing !== null) skip(missing)
  if (spawnSync('taskset', ['--version']).status !== 0) skip('it takes taskset: install util-linux')
  const [, cpu = '0'] = /^Cpus_allowed_list:\s*(\d+)/m.exec(textOf('/proc/self/status') ?? '') ?? []
  const spinner = () => testChild('taskset', '-c', cpu, 'sh', '-c', 'while :; do :; done')
  const [favoured, other] = [spinner(), spinner()]
  await using applier = (await Applier.open(testFolder())).applier
  await applier.apply([{ ...favoured, priority: 10, executionTimeNs: 0n, pod: null }])
  // The kernel's weights of nice -10 and 0 are 9548 and 1024: 9.3 times as much.
  const during = await share(favoured, other)
  expect(during).toBeGreaterThan(4)
  await applier.close()
  expect(await share(favoured, other)).toBeLessThan(during / 2)
})
