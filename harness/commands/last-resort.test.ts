import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from '../run/testing.ts'

const cli = `'${process.execPath}' '${join(root, 'harness/commands/cli.ts')}'`

function shell(command: string, env: NodeJS.ProcessEnv = process.env) {
  const { status, stdout, stderr } = spawnSync('bash', ['-c', command], { cwd: root, encoding: 'utf8', env })
  return { status, stdout, stderr }
}

const full = existsSync('/dev/full') ? test : test.skip

test.for(['--help', 'load --help', '--version'])('a reader that has gone ends %s quietly', (args) => {
  const { stderr } = shell(`${cli} ${args} | true; exit \${PIPESTATUS[0]}`)
  expect(stderr).toBe('')
})

full.for(['--help', '--version', 'doctor'])(
  'what %s cannot print is told in one sentence, and is no success',
  (args) => {
    const { status, stderr } = shell(`${cli} ${args} > /dev/full`)
    expect(stderr).toMatch(/^meshmark: the output could not be written: ENOSPC.*\n$/)
    expect(status).toBe(4)
  },
)

full('wrong use stays wrong use when its message cannot be printed', () => {
  expect(shell(`${cli} fly 2> /dev/full`).status).toBe(2)
})

test('what nobody has caught is no broken objective', () => {
  const broken = `data:text/javascript,
    const timer = setInterval(() => {
      if (process.listenerCount("uncaughtException") === 0) return;
      clearInterval(timer);
      throw new Error("planted")
    }, 5)`
  const { status, stderr } = shell(`'${process.execPath}' --import '${broken}' harness/commands/cli.ts doctor`)
  expect(stderr).toContain('meshmark: Error: planted')
  expect(status).toBe(4)
})

test('a cache that cannot be had costs nothing but the cache', () => {
  const { status, stdout } = shell(`${cli} --version`, { PATH: process.env.PATH, XDG_CACHE_HOME: '/dev/null/none' })
  expect({ status, stdout }).toEqual({ status: 0, stdout: expect.stringMatching(/^\d/) })
})
