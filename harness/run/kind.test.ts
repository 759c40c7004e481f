import { mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { execa } from 'execa'
import { beforeAll, expect, test } from 'vitest'
import { defaultNodeImage } from '../../clusters/kind/spec.ts'
import { providers } from '../../clusters/providers/index.ts'
import { recordSchema } from '../../reports/record.ts'
import { seededRandom } from '../random.ts'
import { testFolder } from '../testing-folder.ts'
import { killTree, leftovers, meshmark } from './testing.ts'

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
  const out = testFolder()
  const { exitCode, stdout, stderr } = await meshmark(args(out))
  // One arm is measured, and compared with none.
  expect(exitCode, stdout + stderr).toBe(3)
  expect(stdout).toContain('baseline is the only arm')
  const { run, experiments } = recordSchema.parse(JSON.parse(readFileSync(join(out, 'record.json'), 'utf8')))
  expect(run.cluster.provider).toBe('kind')
  const [trial, ...others] = experiments[0]?.arms[0]?.trials ?? []
  expect(others).toEqual([])
  expect(trial?.evidence?.mismatches).toEqual([])
  expect(trial?.load.units?.length).toBeGreaterThanOrEqual(14)
  expect(trial?.load.errors).toEqual({})
  expect(await clusters()).toEqual(before)
  expect(leftovers()).toEqual({ processes: [], folders: [] })
})

test('runs that are interrupted while they make clusters remove them, also one that was to stay', {
  timeout: 300_000,
}, async ({ skip }) => {
  if (missing !== null) skip(missing)
  const before = await clusters()
  const state = { XDG_STATE_HOME: testFolder() }
  for (const more of [[], ['--reuse', 'meshmark-test-interrupted']]) {
    const child = meshmark([...args(testFolder()), ...more], state)
    await printed(child, /Starting control-plane/)
    child.kill('SIGINT')
    expect((await child).exitCode).toBe(130)
    await expect.poll(clusters, { timeout: 60_000, interval: 500 }).toEqual(before)
  }
  expect(leftovers()).toEqual({ processes: [], folders: [] })
  await meshmark(['clean'], state)
  expect((await meshmark(['clean'], state)).stdout).toBe('nothing to clean')
})

/** More of them than CI has time for: MESHMARK_KILLS=20. */
const kills = Number(process.env.MESHMARK_KILLS ?? 1)
/** As long as a run takes; a single one is killed while its cluster is made, which is when most can be left behind. */
const longestMs = kills === 1 ? 40_000 : 75_000

test(`runs whose whole tree is killed at a random moment, ${kills} times, leave nothing that the next start does not remove; a cluster that is not ours stays`, {
  timeout: 120_000 + kills * 200_000,
}, async ({ skip }) => {
  if (missing !== null) skip(missing)
  const before = await clusters()
  const dir = testFolder()
  const foreign = 'theirs-control-plane'
  // To kind, and to whoever asks it, a container with these labels is a cluster.
  const labels = ['cluster=theirs', 'role=control-plane'].flatMap((label) => ['--label', `io.x-k8s.kind.${label}`])
  const idle = ['--entrypoint', 'sleep', defaultNodeImage, 'infinity']
  await execa('docker', ['run', '--detach', '--name', foreign, ...labels, ...idle])
  const idOf = async () =>
    (await execa('docker', ['inspect', '--format', '{{.Id}} {{.State.StartedAt}}', foreign])).stdout
  try {
    const id = await idOf()
    expect((await execa('kind', ['get', 'clusters'])).stdout.split('\n')).toContain('theirs')
    const seed = Math.floor(Math.random() * 1e6)
    const random = seededRandom(seed)
    for (let n = 1; n <= kills; n++) {
      const afterMs = Math.round(random() * longestMs)
      const child = meshmark(args(mkdtempSync(join(dir, 'run-'))))
      await Promise.race([sleep(afterMs), child])
      await killTree(child.pid ?? 0)
      const { exitCode } = await child
      const { stdout } = await meshmark(['clean'])
      const killed = `seed ${seed}, kill ${n} of ${kills} after ${afterMs} ms (exit code ${exitCode ?? 'none'}): ${stdout}`
      process.stderr.write(`${killed}\n`)
      expect(await clusters(), killed).toEqual(before)
      expect(leftovers(), killed).toEqual({ processes: [], folders: [] })
      expect(await idOf(), killed).toBe(id)
    }
  } finally {
    await execa('docker', ['rm', '--force', foreign])
  }
})

test('what explains a cluster that does not turn ready is kept', { timeout: 300_000 }, async ({ skip }) => {
  if (missing !== null) skip(missing)
  const before = await clusters()
  const workDir = testFolder()
  const logDir = join(workDir, 'logs')
  const settings = { nodes: [{ role: 'control-plane' }], readyTimeoutMs: 1000 }
  const failed = providers.kind.provision({ runId: 'test-slow', workDir, logDir, settings })
  await expect(failed).rejects.toMatchObject({ code: 'CLUSTER_NOT_READY' })
  expect(readdirSync(join(logDir, 'nodes')).some((name) => name.endsWith('-control-plane'))).toBe(true)
  expect(await clusters()).toEqual(before)
})

/** Waits until a run has printed such words, or has ended. */
function printed(child: ReturnType<typeof meshmark>, words: RegExp): Promise<void> {
  return new Promise((resolve) => {
    child.stderr?.on('data', (data) => words.test(String(data)) && resolve())
    child.then(() => resolve())
  })
}
