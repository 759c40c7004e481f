import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { json } from '../../reports/formats/json.ts'
import { sampleRecord } from '../../reports/testing/record.ts'
import { markerOf } from '../pull-request/comment.ts'
import { GitHubServer } from '../pull-request/testing-github.ts'
import { testFolder } from '../testing-folder.ts'
import { commandLine } from './testing.ts'

let dir: string
let github: GitHubServer
const file = (name: string) => readFileSync(join(dir, name), 'utf8')
beforeEach(async () => {
  dir = testFolder()
  github = new GitHubServer()
  await json.write(sampleRecord(), dir)
  writeFileSync(join(dir, 'event.json'), JSON.stringify({ pull_request: { number: 7 } }))
  for (const [name, value] of Object.entries({
    GITHUB_API_URL: await github.start(),
    ...{ GITHUB_GRAPHQL_URL: '', GITHUB_REPOSITORY: 'o/r', GITHUB_TOKEN: 'ghs_secret' },
    GITHUB_EVENT_PATH: join(dir, 'event.json'),
    GITHUB_STEP_SUMMARY: join(dir, 'step.md'),
    GITHUB_OUTPUT: join(dir, 'outputs'),
  }))
    vi.stubEnv(name, value)
  onTestFinished(() => void vi.unstubAllEnvs())
})
afterEach(() => github[Symbol.asyncDispose]())

/** The command and what it wrote. */
async function comment(...args: string[]) {
  let stdout = ''
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    stdout += text
    return true
  })
  const { exitCode, stderr } = await commandLine(['comment', ...args])
  write.mockRestore()
  expect(stdout + stderr).not.toContain('ghs_secret')
  return { exitCode, stdout, stderr }
}

test('the summary is added to, the outputs are set, and the comment is made', async () => {
  writeFileSync(join(dir, 'step.md'), 'what another step wrote\n')
  const { exitCode, stdout } = await comment(dir, '--page', 'https://ci.example/1')
  expect({ exitCode, stdout }).toEqual({ exitCode: null, stdout: 'comment created: https://github.example/c/1\n' })
  expect(file('step.md')).toMatch(/^what another step wrote\n### ❌ fail: [\s\S]*\(<https:\/\/ci\.example\/1>\)/)
  expect(github.comments[0]?.body.startsWith(`${markerOf('run')}\n### ❌ fail: `)).toBe(true)
  const outputs = [...file('outputs').matchAll(/^(\w+)<<(\S+)\n([\s\S]*?)\n\2$/gm)].map(([, name, , value]) => [
    name,
    value,
  ])
  expect(Object.fromEntries(outputs)).toEqual({ outcome: 'fail', record: join(dir, 'record.json'), page: '' })
})

test('a fork’s token: the summary only, told in a line', async () => {
  github.instead = (request) =>
    request.endsWith('/7/comments')
      ? { status: 403, body: { message: 'Resource not accessible by integration' } }
      : undefined
  const { exitCode, stdout } = await comment(dir)
  expect(exitCode).toBeNull()
  expect(stdout).toMatch(
    /^no comment: this token may not comment on pull request 7 of o\/r \(.*403: Resource not.*\)\n$/,
  )
  expect(file('step.md')).toContain('### ❌ fail')
})

test('no pull request, or no token: the summary only, and what is missing', async () => {
  writeFileSync(join(dir, 'event.json'), '{}')
  expect((await comment(dir)).stdout).toBe('no comment: this job is of no pull request: --pull names one\n')
  vi.stubEnv('GITHUB_TOKEN', '')
  expect((await comment(dir, '--pull', '7')).stdout).toBe('no comment: GITHUB_TOKEN is not set\n')
  expect(github.requests).toEqual([])
})

test('what is no token is not sent, and not shown', async () => {
  vi.stubEnv('GITHUB_TOKEN', 'ghs_secret\nghs_more')
  const { exitCode, stderr } = await comment(dir)
  expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: expect.stringContaining('GITHUB_TOKEN is no token') })
  expect(github.requests).toEqual([])
  vi.stubEnv('GITHUB_TOKEN', 'ghs_secret\n')
  expect((await comment(dir)).stdout).toContain('comment created')
})

test('outside of GitHub there is no summary and no output, and nothing is asked', async () => {
  for (const name of ['GITHUB_STEP_SUMMARY', 'GITHUB_OUTPUT', 'GITHUB_EVENT_PATH']) vi.stubEnv(name, '')
  expect((await comment(dir)).exitCode).toBeNull()
  expect(github.requests).toEqual([])
})

test('without a record the comment does not go on saying what an older run said', async () => {
  await comment(dir)
  writeFileSync(join(dir, 'record.json'), '{"schemaVersion":')
  const { exitCode, stderr } = await comment(dir)
  expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: expect.stringContaining('is cut off after') })
  expect(github.comments).toHaveLength(1)
  expect(github.comments[0]?.body).toContain('### ⚠️ invalid: there is no record of this run')
  expect(file('outputs')).toMatch(/outcome<<(\S+)\ninvalid\n\1/)
})

test.for([
  [['--marker', 'a -->'], 'Letters, digits'],
  [['--page', 'javascript:alert(1)'], 'It is no http(s) address.'],
  [['--pull', '0'], 'It is a whole number from 1.'],
] as const)('wrong use: %s', async ([args, message]) => {
  const { exitCode, stderr } = await commandLine(['comment', dir, ...args])
  expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: expect.stringContaining(message) })
})

test('what GitHub did not set as it does is named, all of it', async () => {
  vi.stubEnv('GITHUB_API_URL', 'ftp://x')
  vi.stubEnv('GITHUB_REPOSITORY', 'o')
  const { exitCode, stderr } = await comment(dir)
  expect(exitCode).toBe(2)
  expect(stderr).toMatch(/GITHUB_API_URL[\s\S]*GITHUB_REPOSITORY/)
  vi.stubEnv('GITHUB_API_URL', 'https://x.example')
  vi.stubEnv('GITHUB_REPOSITORY', 'o/r')
  writeFileSync(join(dir, 'event.json'), 'x')
  expect((await comment(dir)).stderr).toContain('event.json, is no event of GitHub')
})
