import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { expect, test } from 'vitest'
import { recordText } from '../../reports/formats/json.ts'
import { smallRecord } from '../../reports/store/testing.ts'
import { testFolder } from '../testing-folder.ts'
import { addToStore, checkStore, openRuns, storeLocation } from './store.ts'
import { root } from './testing.ts'

test('a record goes to the store that is named, unless it names none or the run is in it', async () => {
  const folder = testFolder()
  const [record, store, out] = [smallRecord('a'), join(folder, 'kept'), join(folder, 'out')]
  expect(await addToStore(record, { store: null, out })).toBeNull()
  expect(await addToStore(record, { store, out: join(store, 'a') })).toBeNull()
  expect(existsSync(store)).toBe(false)
  expect(await addToStore(record, { store, out })).toBe(join(store, 'a', 'record.json'))
  expect(readFileSync(join(store, 'a', 'record.json'), 'utf8')).toBe(recordText(record))
  using runs = await openRuns(store)
  expect(await runs.read('latest')).toEqual(record)
})

test('whether a store can be written is known without a record', async () => {
  const folder = testFolder()
  await checkStore(null)
  await checkStore(join(folder, 'new'))
  expect(readdirSync(join(folder, 'new'))).toEqual([])
  writeFileSync(join(folder, 'file'), '')
  await expect(checkStore(join(folder, 'file'))).rejects.toMatchObject({
    code: 'STORE_INVALID',
    message: expect.stringContaining(`the store ${join(folder, 'file')} cannot be written: EEXIST`),
  })
})

test('a store is seen from the project, and is none where none is named', () => {
  expect(storeLocation('runs', '/project')).toBe('/project/runs')
  expect(storeLocation('s3://bucket/runs', '/project')).toBe('s3://bucket/runs')
  expect(storeLocation(undefined, '/project')).toBeNull()
  expect(() => storeLocation('s3://', '/project')).toThrow(/received "s3:\/\/"; a folder, or s3:/)
})

/** Its store becomes a file while it measures. */
const suite = `import { renameSync, writeFileSync } from 'node:fs'
import { expect, test } from '${root}/fixtures/index.ts'

test('anything', async ({ experiment }) => {
  renameSync('kept', 'moved')
  writeFileSync('kept', '')
  const load = { rate: 200, duration: '200ms', warmUp: '100ms' }
  const result = await experiment({ arms: ['baseline'], workload: 'http-echo', load, design: 'trials', trials: 6 })
  expect(result.arm('baseline')).toMeetObjectives({ p99Ms: { max: 60_000 } })
})
`

test('a store that fails in the end loses nothing, and says how to add the record later', {
  timeout: 120_000,
}, async () => {
  const project = testFolder()
  symlinkSync(join(root, 'node_modules'), join(project, 'node_modules'))
  mkdirSync(join(project, 'kept'))
  const config = `import { meshmark } from '${root}/fixtures/plugin.ts'\nexport default { plugins: [meshmark()] }\n`
  const files = { 'package.json': '{ "type": "module" }', 'vitest.config.ts': config, 'tiny.suite.ts': suite }
  for (const [name, text] of Object.entries(files)) writeFileSync(join(project, name), text)
  const [out, kept] = [join(project, 'out'), join(project, 'kept')]

  const args = ['run', '--cluster', 'local', '--mesh', 'baseline', '--out', 'out', '--store', 'kept']
  const { exitCode, stderr } = await execa(process.execPath, [join(root, 'harness/commands/cli.ts'), ...args], {
    ...{ cwd: project, reject: false, stdin: 'ignore', timeout: 110_000 },
  })
  expect(exitCode, stderr).toBe(4)
  expect(stderr).toContain(`meshmark: the store ${kept} cannot be written: `)
  expect(stderr).toContain(`the record stays in ${out}; add it later: meshmark store add ${out} --store ${kept}`)
  expect(JSON.parse(readFileSync(join(out, 'record.json'), 'utf8')).run.outcome).toBe('pass')
})
