import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { fileInZip } from './zip.ts'

const script = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], 'w') as archive:
    archive.writestr('LICENSE.txt', 'free')
    archive.writestr('consul', 'x' * 5000, zipfile.ZIP_DEFLATED)
    archive.comment = b'a comment'
`

test('a packed and an unpacked file come out whole; a broken archive is told', async ({ onTestFinished }) => {
  const folder = await mkdtemp(join(tmpdir(), 'meshmark-test-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  await writeFile(join(folder, 'pack.py'), script)
  execFileSync('python3', [join(folder, 'pack.py'), join(folder, 'a.zip')])
  const archive = readFileSync(join(folder, 'a.zip'))
  expect(fileInZip(archive, 'LICENSE.txt')?.toString()).toBe('free')
  expect(fileInZip(archive, 'consul')?.toString()).toBe('x'.repeat(5000))
  expect(fileInZip(archive, 'nomad')).toBeNull()
  expect(() => fileInZip(archive.subarray(0, 30), 'consul')).toThrow('no zip archive')
  const broken = Buffer.from(archive)
  broken.write('fees', broken.indexOf('free'))
  expect(() => fileInZip(broken, 'LICENSE.txt')).toThrow('is broken')
})
