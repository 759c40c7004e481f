import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { processStartTime } from '../../local/process-table.ts'
import { shell } from './shell.ts'

test('arguments reach the command as they are', async () => {
  const argument = `a b; $(touch x) 'q' "*"`
  expect(await shell()`printf %s ${argument}`).toBe(argument)
  expect(await shell()`printf '%s|' ${['a b', '$HOME']}`).toBe('a b|$HOME|')
})

test('a failure shows the command as it can be pasted and the last of its output', async () => {
  const failing = shell()`echo ${'said before'}; echo "no space" >&2; exit 3`
  await expect(failing).rejects.toThrow(
    /^exit code 3\n {2}\$ echo \$'said before'; .*\n {2}said before\n {2}\n? *no space$/s,
  )
})

test('a pipe fails with any of its parts', async () => {
  await expect(shell()`false | cat`).rejects.toThrow('exit code 1')
})

test('an aborted command ends with all that it started', async ({ onTestFinished }) => {
  const folder = await mkdtemp(join(tmpdir(), 'meshmark-test-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const abort = new AbortController()
  const running = shell(abort.signal)`cd ${folder} && bash -c 'sleep 60 & echo $! > pid; wait' | cat`
  const pid = () => readFile(join(folder, 'pid'), 'utf8').then(Number)
  await expect.poll(pid).toBeGreaterThan(0)
  abort.abort()
  await expect(running).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }))
  const sleeper = await pid()
  await expect.poll(() => processStartTime(sleeper)).toBeNull()
})
