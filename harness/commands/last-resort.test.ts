import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { execa } from 'execa'
import { expect, type TestContext, test } from 'vitest'
import { root } from '../run/testing.ts'

const cli = `'${process.execPath}' '${join(root, 'harness/commands/cli.ts')}'`

const shell = (command: string, env?: Record<string, string | undefined>) =>
  execa('bash', ['-c', command], { cwd: root, reject: false, ...(env ? { env, extendEnv: false } : {}) })

const full = existsSync('/dev/full') ? test.concurrent : test.skip

test.concurrent.for(['--help', 'load --help', '--version'])('a reader that has gone ends %s quietly', async (args) => {
  const { stderr } = await shell(`${cli} ${args} | true; exit \${PIPESTATUS[0]}`)
  expect(stderr).toBe('')
})

full.for(['--help', '--version', 'doctor'])(
  'what %s cannot print is told in one sentence, and is no success',
  async (args) => {
    const { exitCode, stderr } = await shell(`${cli} ${args} > /dev/full`)
    expect(stderr).toMatch(/^meshmark: the output could not be written: ENOSPC.*$/)
    expect(exitCode).toBe(4)
  },
)

full('wrong use stays wrong use when its message cannot be printed', async () => {
  expect((await shell(`${cli} fly 2> /dev/full`)).exitCode).toBe(2)
})

/** A command line that loads a server of the test for a moment. */
async function loads({ onTestFinished }: Pick<TestContext, 'onTestFinished'>): Promise<string> {
  const server = createServer((_request, response) => response.end('ok')).listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return `${cli} load http://127.0.0.1:${port}/ --rate 20 -c 1 -d 2s --warm-up 0s`
}

full.for(['', '--json'])('a result that is lost is told %s', async (flag, context) => {
  const { exitCode, stderr } = await shell(`${await loads(context)} ${flag} > /dev/full`)
  expect(stderr).toMatch(/^meshmark: the output could not be written: ENOSPC.*$/m)
  expect(stderr).not.toMatch(/\n\s+at /)
  expect(exitCode).toBe(4)
})

test.concurrent('progress that nobody reads does not end the load', async (context) => {
  const { stdout } = await shell(`${await loads(context)} --json 2> >(true)`)
  expect(JSON.parse(stdout)).toMatchObject({ requests: 40, errors: {} })
})

test.concurrent('a result of which the beginning was read is none that was lost', async (context) => {
  const { exitCode, stdout, stderr } = await shell(`${await loads(context)} | head -n 1; exit \${PIPESTATUS[0]}`)
  expect(stdout).toMatch(/^ {2}achieved .*40 requests/)
  expect(stderr).not.toContain('could not be written')
  // A machine that is too busy for the load makes its result invalid.
  expect([0, 4]).toContain(exitCode)
})

test.concurrent('what nobody has caught is no broken objective', async () => {
  const broken = `data:text/javascript,
    const timer = setInterval(() => {
      if (process.listenerCount("uncaughtException") === 0) return;
      clearInterval(timer);
      throw new Error("planted")
    }, 5)`
  const { exitCode, stderr } = await shell(`'${process.execPath}' --import '${broken}' harness/commands/cli.ts doctor`)
  expect(stderr).toContain('meshmark: Error: planted')
  expect(exitCode).toBe(4)
})

test.concurrent.for(['/dev/null/none', '/proc/none'])(
  'a cache that cannot be had costs nothing but the cache: %s',
  async (cache) => {
    const { exitCode, stdout } = await shell(`${cli} --version`, {
      PATH: process.env.PATH,
      XDG_CACHE_HOME: cache,
    })
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: expect.stringMatching(/^\d/) })
  },
)

test.concurrent.for(['load http://127.0.0.1:9/', 'doctor', 'report x'])(
  'a working folder that is gone is told in one sentence: %s',
  async (args) => {
    const gone = 'd=$(mktemp -d); cd "$d"; rmdir "$d"'
    const { exitCode, stderr } = await shell(`${gone}; ${cli} ${args}`)
    expect(stderr).toBe('meshmark: the working folder is not there any more: change to another one')
    expect(exitCode).toBe(2)
  },
)
