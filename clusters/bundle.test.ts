import { execFile } from 'node:child_process'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { isBuiltin } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { expect } from 'vitest'
import { bundleProgram } from './bundle.ts'
import { test } from './testing.ts'
import { httpEcho } from './workloads/http-echo.ts'

test('a program becomes one file that needs nothing beside it', async ({ ref: { workDir } }) => {
  const file = await bundleProgram(httpEcho.entry, workDir)
  const code = await readFile(file, 'utf8')
  const imports = [...code.matchAll(/^import .*?from\s*["'](.+?)["']/gm)].map(([, specifier]) => specifier ?? '')
  expect(imports).not.toHaveLength(0)
  expect(imports.filter((specifier) => !isBuiltin(specifier))).toEqual([])
})

test('the same program is bundled once, also when asked for at the same time', async ({ ref: { workDir } }) => {
  const files = await Promise.all([1, 2, 3].map(() => bundleProgram(httpEcho.entry, workDir)))
  expect(new Set(files).size).toBe(1)
  expect((await readdir(workDir)).filter((name) => name.startsWith('http-echo'))).toHaveLength(1)
})

test('a program can start workers on itself', async ({ ref: { workDir } }) => {
  const source = join(workDir, 'source')
  await mkdir(source)
  await writeFile(join(source, 'double.ts'), 'export const double = (n: number): number => n * 2\n')
  const entry = join(source, 'program.ts')
  await writeFile(
    entry,
    `import { isMainThread, parentPort, Worker } from 'node:worker_threads'
     import { double } from './double.ts'
     if (isMainThread) new Worker(new URL(import.meta.url)).on('message', (n) => console.log('answer', n))
     else parentPort?.postMessage(double(21))`,
  )
  const file = await bundleProgram(pathToFileURL(entry), workDir)
  const { stdout } = await promisify(execFile)(process.execPath, [file])
  expect(stdout).toBe('answer 42\n')
})

test('a program that cannot be bundled is named, and asked for again is tried again', async ({ ref: { workDir } }) => {
  const entry = join(workDir, 'broken.ts')
  await writeFile(entry, `import './missing.ts'`)
  const bundle = () => bundleProgram(pathToFileURL(entry), workDir)
  await expect(bundle()).rejects.toThrow(/^broken could not be bundled from .*broken\.ts: .*missing\.ts/s)
  await writeFile(entry, 'export {}')
  await expect(bundle()).resolves.toMatch(/broken-[0-9a-f]{8}\.mjs$/)
})
