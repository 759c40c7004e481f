import { execFileSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { unzipFile } from './zip.ts'

const script = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], 'w') as archive:
    archive.writestr('LICENSE.txt', 'free')
    archive.writestr('consul', 'x' * 5000, zipfile.ZIP_DEFLATED)
    archive.comment = b'a comment'
`

test('a packed and an unpacked file come out whole; a broken archive is refused', async ({ onTestFinished }) => {
  const folder = await mkdtemp(join(tmpdir(), 'meshmark-test-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const at = (name: string) => join(folder, name)
  await writeFile(at('pack.py'), script)
  execFileSync('python3', [at('pack.py'), at('a.zip')])
  const archive = await readFile(at('a.zip'))
  const unzipped = async (name: string, from = 'a.zip') =>
    (await unzipFile(at(from), name, at('out'))) ? readFile(at('out'), 'utf8') : null
  expect(await unzipped('LICENSE.txt')).toBe('free')
  expect(await unzipped('consul')).toBe('x'.repeat(5000))
  expect(await unzipped('nomad')).toBeNull()
  await writeFile(at('cut-off.zip'), archive.subarray(0, 30))
  await expect(unzipped('consul', 'cut-off.zip')).rejects.toThrow('no zip archive')
  archive.write('fees', archive.indexOf('free'))
  await writeFile(at('broken.zip'), archive)
  await expect(unzipped('LICENSE.txt', 'broken.zip')).rejects.toThrow('is broken')
})
