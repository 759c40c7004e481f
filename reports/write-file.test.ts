import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { systemReason, writeWhole } from './write-file.ts'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'meshmark-write-'))
  onTestFinished(() => rmSync(dir, { recursive: true }))
})

test('a file is replaced, and keeps its rights', async () => {
  const file = join(dir, 'file')
  writeFileSync(file, 'old')
  chmodSync(file, 0o640)
  await writeWhole(file, 'new')
  expect(readFileSync(file, 'utf8')).toBe('new')
  expect(statSync(file).mode & 0o777).toBe(0o640)
  expect(readdirSync(dir)).toEqual(['file'])
})

test('a link stays a link', async () => {
  writeFileSync(join(dir, 'file'), 'old')
  symlinkSync('file', join(dir, 'link'))
  await writeWhole(join(dir, 'link'), 'new')
  expect(lstatSync(join(dir, 'link')).isSymbolicLink()).toBe(true)
  expect(readFileSync(join(dir, 'file'), 'utf8')).toBe('new')
})

test('a pipe is replaced, and not waited for', { skip: process.platform === 'win32' }, async () => {
  const file = join(dir, 'fifo')
  spawnSync('mkfifo', [file])
  await writeWhole(file, 'new')
  expect(readFileSync(file, 'utf8')).toBe('new')
})

test('what was there stays when there is no room for all of the new', () => {
  const file = join(dir, 'file')
  writeFileSync(file, 'old')
  const program = `import { writeWhole } from '${pathToFileURL(join(import.meta.dirname, 'write-file.ts'))}'
    await writeWhole('${file}', 'x'.repeat(200000)).catch(({ code }) => console.log(code))`
  // As a full disk does, the limit lets the first part be written.
  const limited = `ulimit -f 64; exec "$0" --input-type=module -e "$1"`
  const { stdout } = spawnSync('sh', ['-c', limited, process.execPath, program], { encoding: 'utf8' })
  expect(stdout).toBe('EFBIG\n')
  expect(readFileSync(file, 'utf8')).toBe('old')
  expect(readdirSync(dir)).toEqual(['file'])
})

test('what the system says of a file leaves out the name that it had while it was written', async () => {
  const error = await writeWhole(join(dir, 'missing', 'file'), 'x').catch((one) => one)
  expect(systemReason(error)).toBe('ENOENT: no such file or directory')
  expect(systemReason(new Error('no chart'))).toBe('no chart')
})
