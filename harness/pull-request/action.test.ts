import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { json } from '../../reports/formats/json.ts'
import type { Outcome } from '../../reports/record.ts'
import { sampleRecord } from '../../reports/testing/record.ts'
import { exitCodes } from '../exit-codes.ts'
import { testFolder } from '../testing-folder.ts'
import { GitHubServer } from './testing-github.ts'
import { wrongIn } from './testing-parser.ts'
import { type Ran, runSteps } from './testing-runner.ts'

const root = join(import.meta.dirname, '../..')
const [actionFile, workflowFile] = ['.github/action.yml', '.github/example-workflow.yml']
const textOf = (file: string) => readFileSync(join(root, file), 'utf8')
const workflow = parse(textOf(workflowFile))
const own = './node_modules/meshmark/.github'

describe('as they are written', () => {
  test('GitHub’s own parser takes the action and the workflow', async () => {
    expect(await wrongIn(textOf(workflowFile), textOf(actionFile))).toEqual([])
    expect(
      await wrongIn('on: push\njobs: { a: { steps: 3 } }', 'name: x\nruns: { using: composite, stepz: [] }'),
    ).not.toEqual([])
  })

  test.for([actionFile, workflowFile])(
    '%s: no expression in a script, and every action of others is one commit',
    (file) => {
      const steps =
        file === actionFile
          ? parse(textOf(file)).runs.steps
          : Object.values(workflow.jobs).flatMap((job) => (job as { steps: object[] }).steps)
      for (const { run = '' } of steps) expect(run).not.toContain('${{')
      const lines = textOf(file)
        .split('\n')
        .filter((line) => /^ *(- )?uses:/.test(line))
      expect(lines.length).toBeGreaterThan(2)
      for (const line of lines.filter((one) => !one.includes(own)))
        expect(line).toMatch(/@[0-9a-f]{40} # v\d+\.\d+\.\d+$/)
    },
  )

  test('no more rights than it takes', () => {
    expect(workflow.permissions).toEqual({})
    for (const job of Object.values(workflow.jobs))
      expect(job).toMatchObject({ permissions: { contents: 'read', 'pull-requests': 'write' } })
  })

  test('the workflow does not run here', () => {
    expect(existsSync(join(root, '.github/workflows/example-workflow.yml'))).toBe(false)
  })
})

describe('as the runner carries them out, with the commands that measure replaced by recorded results', () => {
  let dir: string
  let github: GitHubServer
  let apiUrl: string
  const calls = () =>
    readFileSync(join(dir, 'calls'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as string[])

  beforeEach(async () => {
    dir = testFolder()
    github = new GitHubServer()
    apiUrl = await github.start()
    for (const folder of ['bin', 'project', 'temp', 'results']) mkdirSync(join(dir, folder))
    writeFileSync(join(dir, 'event.json'), JSON.stringify({ pull_request: { number: 7 } }))
    program('npm', 'exit 0')
    program(
      'npx',
      `node -e 'fs.appendFileSync(process.argv[1], JSON.stringify(process.argv.slice(2)) + "\\n")' "${dir}/calls" "$@"`,
      '[ "$1 $2 $3" = "--no -- meshmark" ] || exit 99',
      'shift 3',
      `[ "$1" = comment ] && exec node "${root}/harness/commands/cli.ts" "$@"`,
      '[ -z "$GITHUB_TOKEN" ] || exit 98',
      'for last; do :; done',
      `if [ -f "${dir}/results/$1/record.json" ]; then mkdir -p "\${last#--out=}" && cp "${dir}/results/$1/record.json" "\${last#--out=}"; fi`,
      `exit "$(cat "${dir}/results/$1.code" || echo 2)"`,
    )
  })
  afterEach(() => github[Symbol.asyncDispose]())

  function program(name: string, ...lines: string[]): void {
    const file = join(dir, 'bin', name)
    writeFileSync(file, ['#!/usr/bin/env bash', ...lines, ''].join('\n'))
    chmodSync(file, 0o755)
  }

  /** What a command will say. */
  async function results(command: string, outcome: Outcome): Promise<void> {
    const record = sampleRecord()
    record.run.outcome = outcome
    await json.write(record, join(dir, 'results', command))
    writeFileSync(join(dir, `results/${command}.code`), String(exitCodes[outcome]))
  }

  function job(name: 'compare' | 'gate', baseRef = 'main', eventName = 'pull_request'): Promise<Ran[]> {
    const path = [join(dir, 'bin'), dirname(process.execPath), '/usr/bin', '/bin'].join(delimiter)
    return runSteps(workflow.jobs[name].steps, {
      contexts: {
        github: {
          ...{ base_ref: baseRef, event_name: eventName, token: 'ghs_secret', run_id: '99', run_attempt: '1' },
          ...{ server_url: 'https://github.example', repository: 'o/r' },
        },
        runner: { os: 'Linux', temp: join(dir, 'temp') },
      },
      env: { PATH: path, GITHUB_API_URL: apiUrl, GITHUB_REPOSITORY: 'o/r', GITHUB_EVENT_PATH: join(dir, 'event.json') },
      cwd: join(dir, 'project'),
      temp: join(dir, 'temp'),
      known: {
        ...{ 'actions/checkout': () => ({}), 'actions/setup-node': () => ({}) },
        ...{ 'actions/cache/restore': () => ({}), 'actions/cache/save': () => ({}) },
        'actions/upload-artifact': () => ({ 'artifact-url': 'https://github.example/artifact/1' }),
      },
      own: { [own]: join(root, actionFile) },
    })
  }

  const outcomeOf = (ran: readonly Ran[], name: string) => ran.find((one) => one.name === name)?.outcome

  test('a comparison that is kept: every argument as it is, the comment with its link, and a job that succeeds', async () => {
    await results('compare', 'pass')
    const ran = await job('compare', 'main\' $(touch pwned) `touch pwned`;"')
    expect(ran.filter(({ outcome }) => outcome === 'failure')).toEqual([])
    const out = `--out=${join(dir, 'temp/meshmark-compare/measured')}`
    expect(calls()[0]).toEqual([
      ...['--no', '--', 'meshmark', 'compare', '--ref=origin/main\' $(touch pwned) `touch pwned`;"'],
      ...['--build=npm ci', '--workload=server.js', '--budget=p50Ms:+5%', out],
    ])
    expect(existsSync(join(dir, 'project/pwned'))).toBe(false)
    expect(github.comments.map(({ body }) => body)).toEqual([
      expect.stringMatching(
        /^<!-- meshmark:compare -->\n### ✅ pass[\s\S]*\(<https:\/\/github\.example\/artifact\/1>\)/,
      ),
    ])
    expect(ran.find(({ name }) => name === 'Tell the verdict')?.summary).toContain('### ✅ pass')
    expect(ran.map(({ log }) => log).join()).not.toContain('ghs_secret')
    for (const name of ['Measure', 'Tell the verdict'])
      expect(ran.find((one) => one.name === name)?.log).toMatch(/^::stop-commands::([0-9a-f]{32})\n[\s\S]*\n::\1::$/)
    expect(outcomeOf(ran, 'Keep the run')).toBe('skipped')
  })

  test('a gate that fails: it judges what was measured, all is kept and told, and the job ends with its verdict', async () => {
    await results('run', 'pass')
    await results('gate', 'fail')
    const ran = await job('gate', 'main', 'push')
    const folder = join(dir, 'temp/meshmark-gate')
    expect(
      calls()
        .slice(0, 2)
        .map((call) => call.slice(3)),
    ).toEqual([
      ['run', 'http', '--profile=smoke', `--out=${folder}/measured`],
      ['gate', `--candidate=${folder}/measured`, '--window=20', `--out=${folder}/gate`],
    ])
    expect(github.comments[0]?.body).toContain('### ❌ fail')
    expect(['Keep the results', 'Keep the run', 'Tell the verdict'].map((name) => outcomeOf(ran, name))).toEqual([
      ...['success', 'success', 'success'],
    ])
    expect(ran.filter(({ outcome }) => outcome === 'failure').map(({ name }) => name)).toEqual([
      own,
      'End as the verdict says',
    ])
  })

  test('a measurement that left no record: the gate does not judge, the comment says so, and the job fails', async () => {
    const ran = await job('gate')
    expect(calls().map((call) => call[3])).toEqual(['run', 'comment'])
    expect(github.comments[0]?.body).toContain('### ⚠️ invalid: there is no record of this run')
    expect(outcomeOf(ran, 'End as the verdict says')).toBe('failure')
  })

  test('a fork’s token: the summary only, and the verdict is still the job’s', async () => {
    await results('compare', 'inconclusive')
    github.instead = (request) =>
      request.endsWith('/7/comments') ? { status: 403, body: { message: 'no' } } : undefined
    const ran = await job('compare')
    expect(outcomeOf(ran, 'Tell the verdict')).toBe('success')
    expect(ran.find(({ name }) => name === 'Tell the verdict')?.summary).toContain('### 🟡 inconclusive')
    expect(outcomeOf(ran, 'End as the verdict says')).toBe('failure')
    expect(github.comments).toEqual([])
  })
})
