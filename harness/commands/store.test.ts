import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { recordText } from '../../reports/formats/json.ts'
import { smallRecord } from '../../reports/store/testing.ts'
import { testFolder } from '../testing-folder.ts'
import { commandLine, output } from './testing.ts'

const v1 = join(import.meta.dirname, '../../reports/testing/record-v1.json')

/** A folder with a run's record in it. */
function run(folder: string, name: string, minutes: number): string {
  const dir = join(folder, name)
  mkdirSync(dir, { recursive: true })
  writeFileSync(join(dir, 'record.json'), recordText(smallRecord(name, minutes)))
  return dir
}

test('records are added, of older versions too as they are, and shown by name', async () => {
  const folder = testFolder()
  const store = join(folder, 'store')
  mkdirSync(join(folder, 'old'))
  copyFileSync(v1, join(folder, 'old', 'record.json'))
  const added = await output(['store', 'add', run(folder, 'one', 9e5), join(folder, 'old'), '--store', store])
  const [one, old] = added.stdout.trim().split('\n') as [string, string]
  expect(one).toBe(join(store, 'one', 'record.json'))
  expect(readFileSync(old, 'utf8')).toBe(readFileSync(v1, 'utf8'))

  const { stdout } = await output(['show', 'one', '--store', store])
  expect(stdout).toMatch(/^one · 2027-09-18T00:00:00\.000Z\n/)
  expect(stdout).toContain('grpc › a unary call through linkerd')
  expect(stdout).toMatch(/\n\nfail · 171 s, 74 % of it measuring · seed 7\n {2}meshmark run http /)
  expect((await output(['show', join(folder, 'one')])).stdout).toBe(stdout)
  // What a shell makes of store/*, once there is an index.
  const all = readdirSync(store).map((name) => join(store, name))
  expect(all).toContain(join(store, 'index.sqlite'))
  const copied = await output(['store', 'add', ...all, '--store', join(folder, 'copy')])
  expect(copied).toMatchObject({ exitCode: 0, stderr: '' })
  expect((await output(['show', 'latest', '--store', store, '--json'])).stdout).toBe(
    recordText(smallRecord('one', 9e5)),
  )
  expect((await output(['store', 'check', '--store', store])).stdout).toMatch(
    /: 2 runs, 2\S+Z to 2027-09-18T00:00:00\.000Z\n$/,
  )
})

test('what cannot be added, read or found is told, and costs no other', async () => {
  const folder = testFolder()
  const store = join(folder, 'store')
  mkdirSync(join(folder, 'cut'))
  writeFileSync(join(folder, 'cut', 'record.json'), '{"schemaVersion": 2,')
  const paths = [join(folder, 'none'), join(folder, 'cut'), run(folder, 'one', 1)]
  const added = await output(['store', 'add', ...paths, '--store', store])
  expect(added.stdout).toBe(`${join(store, 'one', 'record.json')}\n`)
  expect(added.stderr).toMatch(/no run record at .*none: ENOENT.*\n.*cut off after 20 bytes/)
  expect(added.exitCode).toBe(2)

  mkdirSync(join(store, 'two'))
  writeFileSync(join(store, 'two', 'record.json'), '{"schemaVersion": 3}')
  const checked = await output(['store', 'check', '--store', store])
  expect(checked.stdout).toMatch(
    /: 1 run, .*\n1 record cannot be read:\n {2}two\/record\.json has schema version 3, this/,
  )
  expect(checked.exitCode).toBe(4)

  const nothing = await commandLine(['show', 'two', '--store', store])
  expect(nothing).toMatchObject({ exitCode: 2, stderr: `meshmark: no run two in ${store}: the newest are one\n` })
  expect((await commandLine(['show', 'x', '--store', 'ftp://x'])).stderr).toMatch(
    /received "ftp:\/\/x"; a folder, or s3:/,
  )
})
