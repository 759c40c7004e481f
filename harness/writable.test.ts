import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { testFolder } from './testing-folder.ts'
import { checkFile, checkFolder, makeFolder } from './writable.ts'

const wrong = (message: RegExp) =>
  expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringMatching(message) })

test('a folder is made where it may be, and left as it is where it is', () => {
  const folder = join(testFolder(), 'a', 'b')
  makeFolder('--out', folder)
  expect(readdirSync(folder)).toEqual([])
  expect(() => checkFolder('--out', join(folder, 'c'))).toThrow(wrong(/^--out cannot be written: ENOENT/))
  expect(existsSync(join(folder, 'c'))).toBe(false)
})

test('a file in the place of a folder is named', () => {
  const file = join(testFolder(), 'file')
  writeFileSync(file, '')
  expect(() => makeFolder(`--out ${file}`, file)).toThrow(wrong(/^--out \/.*file cannot be written: it is no folder/))
  expect(() => makeFolder('--out', join(file, 'below'))).toThrow(wrong(/^--out cannot be written: ENOTDIR/))
})

test('where a system has no place for new folders, that is told', { skip: process.platform !== 'linux' }, () => {
  const making = `import { makeFolder } from '${new URL('writable.ts', import.meta.url)}'; makeFolder('--out', '/proc/none/x')`
  // In a process of its own: where it goes on for ever, no timer of a test would end it.
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module-typescript', '-e', making], {
    encoding: 'utf8',
    timeout: 20_000,
  })
  expect(status).toBe(1)
  expect(stderr).toContain('--out cannot be written: ENOENT')
})

test('a file may be new, or replaced later; until then it stays', () => {
  const folder = testFolder()
  writeFileSync(join(folder, 'old'), 'old')
  checkFile('--hgrm', join(folder, 'old'))
  checkFile('--hgrm', join(folder, 'new'))
  expect(readdirSync(folder)).toEqual(['old'])
  expect(readFileSync(join(folder, 'old'), 'utf8')).toBe('old')
  for (const passage of ['/dev/stdout', '/dev/null', '/proc/self/fd/1']) checkFile('--hgrm', passage)
})

test('a pipe is refused, and not waited for', { skip: process.platform !== 'linux' }, () => {
  const folder = testFolder()
  const fifo = join(folder, 'fifo')
  spawnSync('mkfifo', [fifo])
  expect(() => checkFile('--hgrm', fifo)).toThrow(wrong(/^--hgrm cannot be written: it is no regular file/))
  symlinkSync(fifo, join(folder, 'link'))
  expect(() => checkFile('--hgrm', join(folder, 'link'))).toThrow(wrong(/it is no regular file/))
  expect(() => makeFolder('--out', fifo)).toThrow(wrong(/^--out cannot be written: it is no folder/))
})

test('a file that cannot be written is named', () => {
  const folder = testFolder()
  mkdirSync(join(folder, 'folder'))
  expect(() => checkFile('--hgrm', join(folder, 'folder'))).toThrow(wrong(/^--hgrm cannot be written: it is a folder/))
  expect(() => checkFile('--hgrm', join(folder, 'none', 'file'))).toThrow(wrong(/ENOENT/))
  writeFileSync(join(folder, 'file'), '')
  chmodSync(join(folder, 'file'), 0o444)
  // Root may write it all the same.
  if (process.getuid?.() !== 0) expect(() => checkFile('--hgrm', join(folder, 'file'))).toThrow(wrong(/EACCES/))
})
