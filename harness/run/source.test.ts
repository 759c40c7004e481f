import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { expect, onTestFinished, test } from 'vitest'
import { sourceOf } from './source.ts'

test('what was measured is a commit of a branch, as it is or changed since; nothing is known outside a repository', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'source-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  expect(await sourceOf(folder)).toBeNull()
  const git = async (...args: string[]) => (await execa('git', args, { cwd: folder })).stdout
  await git('init', '-q', '-b', 'work')
  expect(await sourceOf(folder)).toBeNull()
  writeFileSync(join(folder, 'a'), '1')
  await git('add', 'a')
  await git('-c', 'user.name=t', '-c', 'user.email=t@localhost', 'commit', '-qm', 'Add a')
  const commit = await git('rev-parse', 'HEAD')
  writeFileSync(join(folder, 'untracked'), '1')
  expect(await sourceOf(folder)).toEqual({ commit, ref: 'work', dirty: false })
  writeFileSync(join(folder, 'a'), '2')
  expect(await sourceOf(folder)).toEqual({ commit, ref: 'work', dirty: true })
  await git('checkout', '-q', '--detach')
  expect(await sourceOf(folder)).toEqual({ commit, ref: null, dirty: true })
})
