import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { beforeAll, expect, test } from 'vitest'
import { providers } from '../clusters/providers/index.ts'
import { recordSchema } from '../reports/record.ts'
import { leftovers, meshmark } from './testing.ts'

let missing: string | null = null
beforeAll(async () => {
  const here = await providers.kind.available()
  if (!here.available) missing = `${here.reason}; ${here.remedy}`
})

/** Clusters of runs; others are none of our business. */
const clusters = async () =>
  (await execa('kind', ['get', 'clusters'])).stdout.split('\n').filter((name) => name.startsWith('meshmark-'))
const args = (out: string) => [
  'run',
  'http',
  '--cluster',
  'kind',
  '--mesh',
  'baseline',
  '--profile',
  'smoke',
  '--out',
  out,
]

test('the suite that runs on processes runs on a kind cluster, and nothing is left of it', {
  timeout: 400_000,
}, async ({ skip }) => {
  if (missing !== null) skip(missing)
  const before = await clusters()
  const out = mkdtempSync(join(tmpdir(), 'kind-test-'))
  const { exitCode, stdout, stderr } = await meshmark(args(out))
  expect([0, 1, 3, 4], stdout + stderr).toContain(exitCode)
  const { run, experiments } = recordSchema.parse(JSON.parse(readFileSync(join(out, 'record.json'), 'utf8')))
  expect(run.cluster.provider).toBe('kind')
  const trials = experiments[0]?.arms[0]?.trials ?? []
  expect(trials).toHaveLength(7)
  for (const { evidence, load } of trials) {
    expect(evidence?.mismatches).toEqual([])
    expect(load.requests).toBe(800)
  }
  expect(await clusters()).toEqual(before)
  expect(leftovers()).toEqual({ processes: [], folders: [] })
})

test('a run killed while it makes its cluster leaves one that clean removes, and no other', {
  timeout: 300_000,
}, async ({ skip }) => {
  if (missing !== null) skip(missing)
  const before = await clusters()
  const child = meshmark(args(mkdtempSync(join(tmpdir(), 'kind-test-'))))
  await new Promise<void>((resolve) => {
    child.stderr?.on('data', (data) => /Starting control-plane/.test(String(data)) && resolve())
    child.then(() => resolve())
  })
  child.kill('SIGKILL')
  await child
  expect((await meshmark(['clean'])).stdout).toMatch(/removed run/)
  expect(await clusters()).toEqual(before)
  expect(leftovers()).toEqual({ processes: [], folders: [] })
})
