import { expect, test } from 'vitest'
import { hasProc } from '../../clusters/local/process-table.ts'
import { connectCluster, runSettings } from '../run/context.ts'
import { openRun } from '../run/open.ts'
import { parseOptions } from '../run/options.ts'
import { testFolder } from '../testing-folder.ts'
import { unitsOf } from './differences.ts'
import { runSession } from './session-run.ts'
import { armOf, isMeasured } from './sessions.ts'

const options = (base: { p50Us: number; p99Us: number }) => ({ base, seconds: 14, rate: 200, seed: 7 })

test('a session measures equal arms and a slowed one beside a neighbour, and says why it failed', {
  timeout: 180_000,
}, async ({ skip }) => {
  if (!hasProc) skip('no /proc here')
  const settings = runSettings(parseOptions({ cluster: 'local', out: testFolder() }, undefined), '/')
  const { context: run, close } = await openRun(settings, { report: () => {} })
  try {
    await using cluster = await connectCluster(run)
    const cell = { design: 'paired', neighbour: 'steady', plant: 'pause1ms' } as const
    // So long a pause that nothing hides it.
    const session = await runSession(cell, { run, cluster, ...options({ p50Us: 0, p99Us: 100_000 }) })
    if (!isMeasured(session)) throw new Error(session.failure ?? '')
    const units = (['control', 'same', 'planted'] as const).map((name) => {
      const arm = armOf(session, name)
      return arm ? unitsOf(arm) : []
    })
    for (const of of units) expect(of.length).toBeGreaterThanOrEqual(14)
    expect(armOf(session, 'planted')?.settings.env).toEqual({ SLEEP_MS: '101.000', SLEEP_EVERY: '50' })

    // More than the echo can be told to pause.
    const failed = await runSession(cell, { run, cluster, ...options({ p50Us: 0, p99Us: 1e9 }) })
    expect(failed).toMatchObject({ ...cell, experiment: null })
    expect(failed.failure).toContain('SLEEP_MS')
  } finally {
    await close()
  }
})
