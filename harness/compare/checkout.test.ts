import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { expect, test } from 'vitest'
import { forgetWorktrees, notedWorktrees } from '../run/worktrees.ts'
import { testFolder } from '../testing-folder.ts'
import { type CheckoutSetting, checkOut, checkoutFolder } from './checkout.ts'
import { commitOf, repositoryAt, workingTree } from './git.ts'
import { TestRepository } from './testing.ts'

async function made(files: Record<string, string>, place = '') {
  const folder = realpathSync(testFolder())
  const [project, workDir, out] = ['project', 'work', 'out'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ]
  for (const one of [project, workDir, out]) mkdirSync(one)
  const of = await TestRepository.create(project, files)
  const lines: string[] = []
  const repository = await repositoryAt(join(project, place))
  const setting: CheckoutSetting = {
    ...{ runId: 'test', workDir, out, repository },
    report: (line) => lines.push(line),
  }
  return { of, workDir, repository, setting, lines, text: (name: string) => textAt(workDir, name) }
}

const textAt = (workDir: string, name: string) => readFileSync(join(checkoutFolder(workDir, 'candidate'), name), 'utf8')

test('the working tree is checked out with what is not committed, and is not touched', async () => {
  const { of, workDir, repository, setting, text } = await made({ a: '1', b: '1', gone: '1', '.gitignore': 'ignored' })
  expect(await workingTree(repository)).toMatchObject({ ref: 'main', dirty: false })
  of.write({ a: '2', 'new/file': '2', ignored: '2', 'meshmark-results/run/record.json': '{}' })
  await of.git('rm', '--quiet', 'gone')
  const source = await workingTree(repository)
  expect(source).toMatchObject({ ref: 'main', dirty: true })
  const before = await of.git('status', '--porcelain')
  await checkOut({ side: 'candidate', source, withChanges: true }, setting)
  expect([text('a'), text('b'), text('new/file')]).toEqual(['2', '1', '2'])
  for (const name of ['gone', 'ignored', 'meshmark-results'])
    expect(existsSync(join(checkoutFolder(workDir, 'candidate'), name)), name).toBe(false)
  expect(await of.git('status', '--porcelain')).toBe(before)
  expect(await of.worktrees()).toEqual([of.folder, checkoutFolder(workDir, 'candidate')])
  const noted = notedWorktrees(workDir)
  // As a signal does: first the folder.
  rmSync(workDir, { recursive: true })
  forgetWorktrees(noted)
  expect(await of.worktrees()).toEqual([of.folder])
})

test('a build runs in the same folder of the checkout; its words are kept, and told where it fails', async () => {
  const { repository, setting, text, workDir } = await made({ 'app/in': '1' }, 'app')
  const source = await workingTree(repository)
  const copy = `${process.execPath} -e "fs.copyFileSync('in','a\\ b')" x;y`
  await checkOut(
    { side: 'candidate', source, withChanges: false },
    { ...setting, build: copy.replace('"', '').replace('"', '').replaceAll("'a\\ b'", "'b'") },
  )
  expect(text('app/b')).toBe('1')
  const fails = `${process.execPath} -e console.error('no~such~module');process.exit(3)`
  const failed = checkOut({ side: 'control', source, withChanges: false }, { ...setting, build: fails })
  await expect(failed).rejects.toMatchObject({
    code: 'BUILD_FAILED',
    message: expect.stringMatching(/^control could not be built: .*exit code 3.*no~such~module.*build-control\.log$/s),
  })
  const none = checkOut({ side: 'third', source, withChanges: false }, { ...setting, build: 'no-such-command' })
  await expect(none).rejects.toThrow(/third could not be built: .*ENOENT/s)
  forgetWorktrees(notedWorktrees(workDir))
})

test('what is installed serves a side that asks for the same, and no other', async () => {
  const { of, repository, setting, lines, workDir, text } = await made({
    'package-lock.json': '1',
    '.gitignore': 'node_modules',
  })
  const before = await workingTree(repository)
  await of.commit('Change', { 'package-lock.json': '2' })
  of.write({ 'node_modules/x/index.js': 'x' })
  await checkOut({ side: 'candidate', source: await workingTree(repository), withChanges: false }, setting)
  expect(text('node_modules/x/index.js')).toBe('x')
  expect(lines).toEqual([])
  await checkOut({ side: 'control', source: before, withChanges: false }, setting)
  expect(existsSync(join(checkoutFolder(workDir, 'control'), 'node_modules'))).toBe(false)
  expect(lines).toEqual([expect.stringMatching(/^control: its package-lock\.json is another/)])
  forgetWorktrees(notedWorktrees(workDir))
  expect(existsSync(join(of.folder, 'node_modules/x/index.js'))).toBe(true)
})

test('a ref that is not there is answered with those that are near, or how to fetch it', async () => {
  const { of, repository } = await made({ a: '1' })
  await of.git('branch', 'release/next')
  await of.git('tag', 'v1.0')
  const missing = (ref: string, at = repository) => commitOf(at, ref, '--ref').catch((error: Error) => error.message)
  expect(await missing('mian')).toMatch(/^--ref mian: no commit of this repository has that name; nearest: main, /)
  expect(await missing('next')).toMatch(/nearest: release\/next, /)
  expect(await missing('--help')).toMatch(/^--ref --help: no commit/)
  const head = await of.git('rev-parse', 'HEAD')
  expect(await commitOf(repository, 'v1.0', '--ref')).toBe(head)
  await of.commit('Second', { a: '2' })
  const clone = mkdtempSync(join(testFolder(), 'clone-'))
  await execa('git', ['clone', '--quiet', '--depth=1', `file://${of.folder}`, clone])
  expect(await missing('HEAD~1', await repositoryAt(clone))).toMatch(
    /this clone is shallow: git fetch --depth=1 origin HEAD~1, then --ref FETCH_HEAD/,
  )
  await expect(repositoryAt(testFolder())).rejects.toThrow(/is in no working tree of a git repository/)
})
