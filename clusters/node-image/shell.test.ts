import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
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

test('an aborted command ends with all that it started', async () => {
  const abort = new AbortController()
  const running = shell(abort.signal)`sleep 60 | sleep 60`.catch((error: Error) => error.name)
  await sleep(200)
  abort.abort()
  expect(await running).toBe('AbortError')
})
