import { readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type RunRecord, recordSchema } from '../../reports/record.ts'
import { sampleRecord } from '../../reports/testing/record.ts'
import { service, TestRepository } from '../compare/testing.ts'
import { killTree, leftovers, meshmark } from '../run/testing.ts'
import { testFolder } from '../testing-folder.ts'
import { commandLine } from './testing.ts'

const short = ['--profile', 'smoke', '--rate', '60', '-c', '4', '--seed', '7']
const made = (files: Record<string, string> = {}) =>
  TestRepository.create(realpathSync(testFolder()), { 'server.mjs': service(0), '.gitignore': 'results', ...files })
const recordOf = (folder: string): RunRecord =>
  recordSchema.parse(JSON.parse(readFileSync(join(folder, 'results/record.json'), 'utf8')))

/** `meshmark compare` in a folder. */
const compareIn = (folder: string, ...args: string[]) =>
  meshmark(['compare', '--workload', 'server.mjs', ...short, '--out', join(folder, 'results'), ...args], {}, folder)

test.for([
  [['--ref', 'main'], /--workload: .*the file that starts the program, on either side/],
  [['--ref', 'main', '--workload', 'http-echo'], /what is built in is the same on both/],
  [['--candidate', 'x', '--build', 'make'], /--candidate: .*none without --ref\n.*--build: .*none without --ref/],
  [['--control-image', 'a'], /--candidate-image: .*an image, as --control-image is one/],
  [['--control-image', 'a', '--candidate-image', 'b', '--ref', 'c'], /--ref: received "c"; none, with images/],
  [['--control-image', 'a', '--candidate-image', 'b', '--cluster', 'local'], /--cluster local: images run on/],
  [['--workload', 'README.md', '--control-env', 'A=1', '--cluster', 'kind'], /--cluster kind: README\.md is no Node/],
  [['--env', 'x', '--budget', 'p50Ms', '--again', '4'], /--env: received "x"; KEY=VALUE\n.*--budget: .*\n.*--again: /],
  [['--mesh', 'envoi'], /--mesh: received "envoi"; a mesh or mesh:mode/],
  [['--budget', 'p50Ms:+5%', '--budget', 'p50Ms:+6%'], /--budget: .*each indicator once/],
  [['--closed', '--rate', '5'], /a closed loop has no rate/],
  [['--env', 'BUSY_US=5'], /both sides are the same: .*--allow-same/],
  [['--control-env', 'BUSY=1'], /BUSY/],
  [['--workload', 'nowhere.js', '--control-env', 'A=1'], /--workload nowhere\.js: there is no file/],
  [['--mesh', 'envoy', '--candidate-setting', 'mtls=maybe'], /one of: strict, off/],
  [['one'], /meshmark compare one: beside which other run\?/],
  [['one', 'other', '--ref', 'main'], /--ref is of a new run; of two that were made: --store, --json/],
  [['--json', '--control-env', 'STATUS=200'], /--json is of two runs/],
] as [string[], RegExp][])('wrong use: %j', async ([args, message]) => {
  const { exitCode, stdout, stderr } = await commandLine(['compare', ...args])
  expect(stderr).toMatch(message)
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
})

test('a commit that makes a service slower is found by its working tree', { timeout: 120_000 }, async () => {
  const repository = await made()
  const { folder } = repository
  const main = await repository.git('rev-parse', 'HEAD')
  repository.write({ 'server.mjs': service(3) })
  const { exitCode, stdout, stderr } = await compareIn(
    folder,
    '--ref',
    'main',
    '--budget',
    'p50Ms:+30%',
    '--again',
    '0',
  )
  expect(stderr).toMatch(/^candidate: the working tree at .* of main, with changes that are not committed$/m)
  expect(exitCode, stdout + stderr).toBe(1)
  const { run, experiments } = recordOf(folder)
  expect(run).toMatchObject({ outcome: 'fail', source: { commit: main, ref: 'main', dirty: true } })
  expect(run.command).toMatch(new RegExp(`compare .*--ref ${main} .*--budget p50Ms:\\+30%`))
  const [experiment] = experiments
  expect(experiment?.file).toBe('server.mjs')
  const [verdict] = experiment?.verdicts ?? []
  expect(verdict).toMatchObject({
    kind: 'share',
    outcome: 'fail',
    arm: 'candidate',
    over: 'control',
    limit: { max: 1.3 },
  })
  expect(verdict?.interval?.[0]).toBeGreaterThan(1.3)
  expect(experiment?.arms).toMatchObject([
    { name: 'control', settings: { program: 'server.mjs' }, source: { commit: main, dirty: false } },
    { name: 'candidate', settings: { program: 'server.mjs' }, source: { commit: main, dirty: true } },
  ])
  expect(await repository.worktrees()).toEqual([folder])
  expect(leftovers()).toEqual({ processes: [], folders: [] })
})

test('two runs that were made are shown beside each other', async () => {
  const folder = testFolder()
  const files = ['one', 'other'].map((id) => join(folder, `${id}.json`))
  for (const [i, file] of files.entries()) {
    const record = sampleRecord()
    writeFileSync(file, JSON.stringify({ ...record, run: { ...record.run, id: `run-${i}` } }))
  }
  const { stdout, exitCode } = await meshmark(['compare', ...files, '--store', join(folder, 'store'), '--json'])
  expect(exitCode).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({ a: { run: 'run-0' }, b: { run: 'run-1' }, differs: [] })
})

test('a commit beside itself never fails', { timeout: 120_000 }, async () => {
  const { folder } = await made()
  const { exitCode, stdout, stderr } = await compareIn(folder, '--ref', 'HEAD', '--allow-same', '--max-duration', '7s')
  expect([0, 3], stdout + stderr).toContain(exitCode)
})

test('a program that one side does not have is named, before anything is deployed', { timeout: 60_000 }, async () => {
  const { folder } = await made()
  const repository = new TestRepository(folder)
  await repository.git('mv', 'server.mjs', 'moved.mjs')
  const { exitCode, stderr } = await compareIn(folder, '--ref', 'main')
  expect(stderr).toMatch(/^meshmark: candidate: server\.mjs is not in its commit; --build makes it$/m)
  expect(exitCode).toBe(4)
  expect(await repository.worktrees()).toEqual([folder])
})

test('a service that does not start is told with its words, and what it has to do', { timeout: 60_000 }, async () => {
  const { folder } = await made()
  const repository = new TestRepository(folder)
  repository.write({ 'server.mjs': `console.error('no database'); process.exit(3)` })
  const { exitCode, stderr } = await compareIn(folder, '--ref', 'main')
  expect(stderr).toMatch(/ended after .* exit code 3.*no database.*it has to listen on PORT of its environment/s)
  expect(exitCode).toBe(4)
  expect(recordOf(folder)).toMatchObject({ run: { outcome: 'invalid' }, experiments: [{ status: 'failed' }] })
  expect(await repository.worktrees()).toEqual([folder])
})

test('Ctrl-C takes the worktrees with it; what a killed one leaves, the next clean-up takes', {
  timeout: 60_000,
}, async () => {
  const repository = await made()
  const { folder } = repository
  repository.write({ 'server.mjs': service(1) })
  const begun = async () => {
    const child = compareIn(folder, '--ref', 'main')
    await new Promise<void>((resolve) => {
      child.stderr?.on('data', (data) => /trying what each arm holds/.test(String(data)) && resolve())
      child.then(() => resolve())
    })
    expect(await repository.worktrees()).toHaveLength(3)
    return { child }
  }
  const { child: interrupted } = await begun()
  interrupted.kill('SIGINT')
  expect((await interrupted).exitCode).toBe(130)
  expect(await repository.worktrees()).toEqual([folder])
  expect(leftovers()).toEqual({ processes: [], folders: [] })

  const { child: killed } = await begun()
  await killTree(killed.pid ?? 0)
  await killed
  expect((await meshmark(['clean'])).stdout).toMatch(/removed run .*: work folder/)
  expect(await repository.worktrees()).toEqual([folder])
  expect(leftovers()).toEqual({ processes: [], folders: [] })
})
