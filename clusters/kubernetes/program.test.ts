import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'vitest'
import type { Program } from '../provider.ts'
import { type PackedProgram, packProgram } from './program.ts'
import { test } from './testing.ts'

/** Writes a program's files as a pod would see them, and runs its command there. */
async function runIn(dir: string, program: PackedProgram, withLoader: boolean, env: Record<string, string> = {}) {
  const folder = join(dir, 'program')
  await mkdir(folder, { recursive: true })
  for (const [name, text] of Object.entries(program.data)) await writeFile(join(folder, name), text)
  for (const [name, base64] of Object.entries(program.binaryData)) await writeFile(join(folder, name), base64, 'base64')
  const [, ...args] = program.command(withLoader).map((word) => word.replace(/^\/program/, folder))
  const running = promisify(execFile)(process.execPath, args, { env })
  running.child.stdin?.end()
  return running.catch((error) => error as { code: number; stdout: string; stderr: string })
}

const speaks = `import { text } from 'node:stream/consumers'
console.log(JSON.stringify({ input: await text(process.stdin), args: process.argv.slice(2), main: import.meta.url.endsWith(process.argv[1]) }))
console.error('a warning')
if (process.env.FAIL) throw new Error('as asked')`

test('a small program goes as it is, and runs by itself or reads a file as its input', async ({ dir }) => {
  const file = join(dir, 'speaks-1a2b.mjs')
  await writeFile(file, speaks)
  const program = await packProgram(
    { kind: 'node', file, nodeArgs: ['--single-threaded-gc'], args: ['one', '$(two)'] },
    'speaks',
  )
  expect(program.command(false)).toEqual(['node', '--single-threaded-gc', '/program/speaks-1a2b.mjs', 'one', '$(two)'])
  expect(program.command(true).slice(2, 4)).toEqual(['/program/start.mjs', '/program/speaks-1a2b.mjs'])
  expect(program.binaryData).toEqual({})

  const input = join(dir, 'input')
  await mkdir(input)
  await writeFile(join(input, '0'), 'the first')
  await writeFile(join(input, '1'), '"; rm -rf /')
  const errors = join(dir, 'stderr')
  const env = { MESHMARK_INPUT: input, MESHMARK_STDERR: errors, JOB_COMPLETION_INDEX: '1' }
  const { stdout, stderr } = await runIn(dir, program, true, env)
  expect(JSON.parse(stdout)).toEqual({ input: '"; rm -rf /', args: ['one', '$(two)'], main: true })
  expect(stderr).toBe('')
  expect(await readFile(errors, 'utf8')).toBe('a warning\n')

  const failed = await runIn(dir, program, true, { ...env, FAIL: '1' })
  expect(failed).toMatchObject({ code: 1, stderr: '' })
  expect(await readFile(errors, 'utf8')).toMatch(/a warning\n.*Error: as asked\n/s)
})

test('a large program is packed, and unpacked where it runs', async ({ dir }) => {
  const file = join(dir, 'large.mjs')
  await writeFile(file, `${speaks}\n// ${'x'.repeat(2_000_000)}`)
  const program = await packProgram({ kind: 'node', file }, 'large')
  expect(Object.keys(program.binaryData)).toEqual(['large.mjs.gz'])
  expect(JSON.parse((await runIn(dir, program, false)).stdout)).toMatchObject({ args: [], main: true })
})

test('what cannot be brought to a pod is refused', async ({ dir }) => {
  const file = join(dir, 'noise.mjs')
  await writeFile(file, `// ${randomBytes(1_600_000).toString('base64')}`)
  await expect(packProgram({ kind: 'node', file }, 'noise')).rejects.toThrow(
    /^noise cannot be deployed: its program has \d+ bytes even when packed/,
  )
  await expect(packProgram({ kind: 'node', file: '/nowhere.mjs' }, 'none')).rejects.toThrow(
    /its program cannot be read: ENOENT/,
  )
  const binary: Program = { kind: 'binary', file: '/bin/envoy', args: [], version: '1' }
  await expect(packProgram(binary, 'envoy')).rejects.toThrow(/is a binary of this machine/)
})
