import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { loadResultSchema } from '../../reports/load-result.ts'
import { recordSchema } from '../../reports/record.ts'
import { apart, meshmark } from '../run/testing.ts'
import { testFolder } from '../testing-folder.ts'
import { loadCommand } from './load.ts'
import { countRange } from './load-flags.ts'
import { number } from './number.ts'
import { commandLine } from './testing.ts'

type Apart = ReturnType<typeof apart>

describe('wrong use ends with exit code 2, one message with the choices, and nothing started', () => {
  test.for([
    [['run', '--mesh', 'baseline,enovy'], /--mesh: received "enovy".*meshes: baseline, envoy, /],
    [['run', '--mesh', 'envoy:fast'], /--mesh: received "envoy:fast".*no such mode of envoy; one of: /],
    [
      ['run', '--mesh', 'envoy,envoy'],
      /meshmark run: 1 wrong field\n {2}--mesh: received "envoy,envoy"; an arm is named twice/,
    ],
    [['run', '--cluster', 'kint'], /--cluster: received "kint"; one of: auto, local/],
    [['run', '--design', 'both'], /design: received "both"; one of: paired, slices, trials/],
    [['run', '--max-duration', '0'], /--max-duration: received "0"; a duration above 0 .*with a unit/],
    [['run', '--max-duration', '0s'], /--max-duration: received "0s"; a duration above 0/],
    [['run', '--max-duration', '-5s'], /--max-duration: received "-5s"; a duration above 0/],
    [['run', '--max-duration', 'soon'], /--max-duration: received "soon"; a duration above 0/],
    [['run', '--max-duration', '13s'], /--max-duration: received "13s"; at least 14000ms with profile standard/],
    [['run', '--profile', 'smoke', '--max-duration', '6s'], /at least 7000ms with profile smoke: .* 14 units of 500ms/],
    [['run', '--profile', 'fast'], /profile: received "fast"; one of: smoke, standard, thorough/],
    [['run', '--seed', 'x'], /seed: .*a whole number/],
    [['run', '--cluster', 'a', '--profile', 'b', '--mesh', 'c', '--seed', '-1', '--out', ''], /5 wrong fields/],
    [['load', 'not-a-url'], /url: received "not-a-url"; a URL that starts with http:\/\//],
    [['load', 'ftp://127.0.0.1/'], /load: 1 wrong field\n.*a URL that starts with http:\/\//],
    [
      ['load', 'http://127.0.0.1:1/', '--max-backlog', '-1'],
      /load: 1 wrong field\n {2}--max-backlog: received -1; at least 1/,
    ],
    [
      ['load', 'http://127.0.0.1:1/', '--ramp', '1:-3'],
      /load: 1 wrong field\n {2}--ramp 1:-3, to: received -3; at least 0/,
    ],
    [['load', 'http:///x'], /url: received "http:\/\/\/x"; a URL that starts with http:\/\//],
    [['load', 'http://127.0.0.1:0/'], /a URL whose port is from 1 to 65535/],
    [['load', 'http://127.0.0.1:1/', '--rate', '0'], /rate: received 0; above 0/],
    [['load', 'http://127.0.0.1:1/', '--rate', '-5'], /rate: received -5; above 0/],
    [['load', 'http://127.0.0.1:1/', '--rate', '1e30'], /rate: received 1e\+30; at most/],
    [['load', 'http://127.0.0.1:1/', '--rate', 'Infinity'], /rate: /],
    [['load', 'http://127.0.0.1:1/', '-d', '10'], /duration: received "10"; a duration above 0 .*with a unit/],
    [['load', 'http://127.0.0.1:1/', '-c', '0'], /connections: received 0; at least 1/],
    [['load', 'http://127.0.0.1:1/', '--closed', '--rate', '5'], /a closed loop has no rate/],
    [['load', 'http://127.0.0.1:1/', '-H', 'broken'], /argument 'broken' is invalid\. It has no colon: "name: value"/],
    [
      ['load', 'http://127.0.0.1:1/', '--rate', '1,000', '-c', 'ten'],
      /--rate: received "1,000"; a number of requests a second.*--connections: received "ten"/s,
    ],
    [
      ['load', 'http://127.0.0.1:1/', '--threads', '', '--seed', 'x'],
      /threads: received ""; .*seed: received "x"; a whole/s,
    ],
    [['load', 'http://127.0.0.1:1/', '--arrivals', 'poisson'], /--arrivals: received "poisson"; only of an open loop/],
    [['load', 'http://127.0.0.1:1/', '--streams', '4'], /--streams: received 4; none, where the protocol is http/],
    [['load', 'http://127.0.0.1:1/', '--stagger', '1m'], /stagger: received "1m"; at most/],
    [['report', '/nowhere/at/all'], /at\/all/],
    [['report', '.', '--format', 'pdf'], /json, html, csv, allure/],
    [['run', '--fast'], /unknown option '--fast'/],
    [['store', 'add'], /missing required argument 'runs'/],
    [['store', 'check', '--fast'], /unknown option '--fast'/],
    [['budgets', 'import'], /missing required argument 'file'/],
  ] as [string[], RegExp][])('%j', async ([args, message]) => {
    const out = join(testFolder(), 'out')
    refused(await commandLine(withOut(args, out)), message)
    expect(existsSync(out)).toBe(false)
  })

  test('an option that takes a number shows what it got where that is none', async () => {
    const command = loadCommand()
    const numbers = command.options.filter(({ parseArg }) => parseArg === number || parseArg === countRange)
    expect(numbers.length).toBeGreaterThan(10)
    const flags = numbers.flatMap(({ long }) => [long ?? '', 'ten'])
    const { stderr } = await commandLine(['load', 'http://127.0.0.1:1/', ...flags])
    expect(stderr).not.toContain('null')
    expect(stderr.match(/received "ten"/g)).toHaveLength(numbers.length)
  })

  test.concurrent.for([
    [['run', 'htpp'], /no such suite: htpp; suites here: .*http/],
    [['load', 'not-a-url'], /url: received "not-a-url"; a URL that starts with http:\/\//],
    [['load', 'http://me:secret@x/', 'more'], /got 2: http:\/\/x\/, more/],
    [['fly'], /unknown command 'fly'/],
  ] as [string[], RegExp][])('%j, as a process', async ([args, message], context) => {
    const { folder, meshmark } = apart(context)
    refused(await meshmark(withOut(args, join(folder, 'out'))), message)
    expect(readdirSync(folder)).toEqual([])
  })

  const withOut = (args: string[], out: string) =>
    args[0] === 'run' ? [...args, ...(args.includes('--out') ? [] : ['--out', out])] : args

  function refused({ exitCode, stderr }: { exitCode?: number | null; stderr: string }, message: RegExp) {
    expect(stderr).toMatch(message)
    expect(stderr).not.toMatch(/\n\s+at /)
    expect(exitCode).toBe(2)
  }
})

test('every command has help with examples', async () => {
  for (const command of ['run', 'load', 'report', 'doctor', 'clean']) {
    const { stdout, exitCode } = await commandLine([command, '--help'])
    expect(exitCode).toBe(0)
    expect(stdout).toMatch(/Examples?:\n {2}meshmark /)
  }
  expect((await commandLine(['--help'])).stdout).toContain('Exit codes:')
})

test('doctor says what is here, for people and for programs', async () => {
  const [{ stdout, exitCode }, text] = await Promise.all([meshmark(['doctor', '--json']), meshmark(['doctor'])])
  expect(exitCode).toBe(0)
  const { findings } = JSON.parse(stdout)
  expect(findings).toContainEqual(
    expect.objectContaining({
      kind: 'cluster',
      name: 'local',
      availability: expect.objectContaining({ available: true }),
    }),
  )
  expect(text.stdout).toMatch(/\nruns now\n(.+\n)* {2}mesh {5}baseline +needs nothing\n/)
})

describe('load', () => {
  const server = createServer((_request, response) => response.end('ok')).listen(0, '127.0.0.1')
  const url = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/`

  test.concurrent('--json prints one object of the record’s own shape', async (context) => {
    const { meshmark } = apart(context)
    const { stdout, exitCode } = await meshmark([
      'load',
      url(),
      '--rate',
      '200',
      '-c',
      '4',
      '-d',
      '1s',
      '--warm-up',
      '200ms',
      '--json',
    ])
    const result = loadResultSchema.parse(JSON.parse(stdout))
    expect(result).toMatchObject({ targetRate: 200, requests: 200, errors: {} })
    expect(exitCode).toBe(result.validity.valid ? 0 : 4)
  })

  /** A load that goes on until it is interrupted, once the wanted text is on stderr. */
  function interrupted({ meshmark }: Apart, text: string, args: string[], signal: NodeJS.Signals) {
    const child = meshmark(['load', url(), '--rate', '50', '-d', '60s', ...args])
    const stop = (data: unknown) => {
      if (!String(data).includes(text)) return
      child.stderr?.off('data', stop)
      child.kill(signal)
    }
    child.stderr?.on('data', stop)
    return child
  }

  test.concurrent.for(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'on %s it ends with what was measured, and with 130',
    async (signal, context) => {
      const own = apart(context)
      const log = join(own.folder, 'log')
      writeFileSync(log, 'old')
      const args = ['--warm-up', '0s', '--hdr-log', log]
      const { exitCode, stdout, stderr } = await interrupted(own, 'measured', args, signal)
      expect(exitCode).toBe(130)
      expect(stderr).toContain('ends once what is under way is answered, within 10 s; a second Ctrl-C')
      // A machine that was busy with something else adds a line or two.
      expect(stdout).toMatch(/requests in .* s\n.*errors .* {2}stopped {2}after .* s: it was interrupted\n/s)
      expect(readFileSync(log, 'utf8')).toMatch(/^#\[Stopped after .* s: it was interrupted\]$/m)
    },
  )

  test.concurrent('interrupted in its warm-up, it replaces nothing', async (context) => {
    const own = apart(context)
    const log = join(own.folder, 'log')
    writeFileSync(log, 'old')
    const args = ['--warm-up', '60s', '--hdr-log', log]
    const { exitCode, stdout, stderr } = await interrupted(own, 'warm-up', args, 'SIGINT')
    expect({ exitCode, stdout, log: readFileSync(log, 'utf8') }).toEqual({ exitCode: 130, stdout: '', log: 'old' })
    expect(stderr).toContain('interrupted before anything was measured')
  })

  test.concurrent('a second signal ends it at once', async (context) => {
    const { meshmark } = apart(context)
    const silent = createServer(() => {}).listen(0, '127.0.0.1')
    context.onTestFinished(() => void silent.close())
    await once(silent, 'listening')
    const address = `http://127.0.0.1:${(silent.address() as AddressInfo).port}/`
    const args = ['--rate', '20', '-d', '60s', '--warm-up', '0s', '--timeout', '60s']
    const child = meshmark(['load', address, ...args])
    // A line a second goes on until the requests have timed out.
    child.stderr?.on('data', (data) => String(data).includes('measured') && child.kill('SIGINT'))
    const { exitCode, stdout, stderr } = await child
    expect({ exitCode, stdout }).toMatchObject({ exitCode: 130, stdout: '' })
    expect(stderr).toContain('within 60 s; a second Ctrl-C ends it at once')
  })

  // It has half a second: not beside the others.
  test('in the first second after its warm-up, too', async (context) => {
    const { meshmark } = apart(context)
    const child = meshmark(['load', url(), '--rate', '50', '-d', '60s', '--warm-up', '1500ms'])
    // The line of the warm-up's first second comes half a second before its end.
    child.stderr?.once('data', () => setTimeout(() => child.kill('SIGINT'), 1000))
    const { exitCode, stdout } = await child
    expect(exitCode).toBe(130)
    // A machine that was busy with something else adds a line or two.
    expect(stdout).toMatch(
      /, [1-9]\d* requests in .* s\n.*errors .* {2}stopped {2}after 0[^\n]* s: it was interrupted\n/s,
    )
  })
})

test.concurrent.for([
  ['--out', '/dev/null', { TMPDIR: tmpdir() }, '--out /dev/null cannot be written: it is no folder'],
  ['--out', '/dev/null/deeper', { TMPDIR: tmpdir() }, '--out /dev/null/deeper cannot be written: ENOTDIR'],
  ['--seed', '1', { TMPDIR: '/dev/null' }, 'the temporary folder /dev/null (TMPDIR) cannot be written: ENOTDIR'],
] as const)(
  'a run that could not write, %s %s, is refused before anything starts',
  { timeout: 60_000 },
  async ([flag, value, env, message], context) => {
    const { meshmark } = apart(context)
    const { exitCode, stdout, stderr } = await meshmark(['run', 'http', '--cluster', 'local', flag, value], env)
    expect(stderr).toContain(message)
    expect(stderr).not.toMatch(/\n\s+at /)
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
  },
)

// Not all of them at once: each takes both cores for seconds.
describe('run', () => {
  const args = (out: string) => ['run', 'http', '--cluster', 'local', '--profile', 'smoke', '--seed', '7', '--out', out]

  test.concurrent('smoke leaves a valid record, the page, the table and Allure results, and nothing else', {
    timeout: 240_000,
  }, async (context) => {
    const { folder: out, meshmark, leftovers } = apart(context)
    const { exitCode, stdout } = await meshmark(args(out))
    const record = recordSchema.parse(JSON.parse(readFileSync(join(out, 'record.json'), 'utf8')))
    const [experiment] = record.experiments
    expect(record.experiments).toHaveLength(1)
    expect(experiment?.arms.map(({ name }) => name)).toEqual(['baseline', 'envoy'])
    expect(exitCode).toBe({ pass: 0, fail: 1, inconclusive: 3, invalid: 4 }[record.run.outcome])
    expect(record.run).toMatchObject({ seed: 7, profile: 'smoke' })
    expect(readdirSync(out).sort()).toEqual([
      'allure-results',
      'allurerc.json',
      'record.json',
      'report.html',
      'results.csv',
      'summary.md',
      'units.csv',
    ])
    expect(readdirSync(join(out, 'allure-results')).filter((file) => file.endsWith('-result.json'))).toHaveLength(1)
    expect(stdout).toContain('report.html')
    expect(leftovers()).toEqual({ processes: [], folders: [] })

    const again = join(out, 'again')
    expect((await meshmark(['report', out, '--out', again])).exitCode).toBe(0)
    expect(readdirSync(again)).toEqual(expect.arrayContaining(['report.html', 'results.csv', 'summary.md']))
    const [result, rewritten] = [out, again].map((folder) => {
      const [file] = readdirSync(join(folder, 'allure-results')).filter((name) => name.endsWith('-result.json'))
      return JSON.parse(readFileSync(join(folder, 'allure-results', file as string), 'utf8'))
    })
    expect(result.steps.length).toBeGreaterThan(rewritten.steps.length)
    for (const field of ['uuid', 'historyId', 'status', 'parameters', 'attachments', 'description'])
      expect(rewritten[field]).toEqual(result[field])

    const envoy = experiment?.arms.find(({ name }) => name === 'envoy')
    if (envoy?.skipped) return
    expect(envoy?.trials[0]?.load.units?.length).toBeGreaterThanOrEqual(14)
    expect(experiment?.verdicts.map(({ indicator, kind }) => `${kind} ${indicator}`)).toEqual([
      'objective errorRate',
      'budget p50Ms',
      'budget p99Ms',
    ])
    for (const trial of envoy?.trials ?? []) expect(trial.evidence?.mismatches).toEqual([])
    for (const trial of experiment?.arms[0]?.trials ?? []) expect(trial.evidence?.facts.handshakes).toBe(0)
  })

  /** A machine whose PATH finds this program first, and whose cache holds no Envoy. */
  function machineWith(folder: string, name: string, script: string): Record<string, string> {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
    return { PATH: `${folder}:${process.env.PATH}`, XDG_CACHE_HOME: join(folder, 'cache') }
  }

  test.concurrent('an arm that cannot be had is skipped aloud, and a skip is never a pass', {
    timeout: 240_000,
  }, async (context) => {
    const { folder, meshmark } = apart(context)
    const out = join(folder, 'out')
    const env = machineWith(folder, 'python3', 'echo "no pip here" >&2; exit 1')
    // Of the reports one cannot be written either.
    mkdirSync(out)
    writeFileSync(join(out, 'allure-results'), 'in its place')
    const { exitCode, stdout, stderr } = await meshmark([...args(out), '--mesh', 'baseline,envoy,cilium'], env)
    expect(stderr.match(/could not be written/g)).toHaveLength(1)
    expect(stderr).toContain('meshmark: allure-results/meshmark-perf.json could not be written: EEXIST')
    expect(existsSync(join(out, 'report.html'))).toBe(true)
    expect(exitCode).toBe(3)
    expect(stdout).toMatch(/skipped {3}envoy: .*Python 3/s)
    expect(stdout).toContain('cilium is a pod network, made together with its cluster, and no part of local')
    const [experiment] = recordSchema.parse(JSON.parse(readFileSync(join(out, 'record.json'), 'utf8'))).experiments
    expect(experiment?.status).toBe('skipped')
    expect(experiment?.arms.find(({ name }) => name === 'envoy')).toMatchObject({
      trials: [],
      skipped: expect.stringContaining('Python 3'),
    })
    const baseline = experiment?.arms.find(({ name }) => name === 'baseline')
    expect(baseline?.trials[0]?.load.units?.length).toBeGreaterThanOrEqual(14)
  })

  test.concurrent('a set-up that fails says why and leaves nothing', { timeout: 240_000 }, async (context) => {
    const { folder, meshmark, leftovers } = apart(context)
    const env = machineWith(
      folder,
      'envoy',
      'case $1 in --version) echo "envoy  version: 0a1b/1.40.0/Clean/RELEASE/BoringSSL";; *) echo "no such listener" >&2; exit 7;; esac',
    )
    const { exitCode, stdout } = await meshmark(args(join(folder, 'out')), env)
    expect(exitCode).toBe(4)
    expect(stdout).toMatch(/envoy.*ended after[\s\S]*exit code 7[\s\S]*no such listener/)
    expect(leftovers()).toEqual({ processes: [], folders: [] })
  })

  /** Starts a run and waits until all arms are under load. */
  async function started({ folder, meshmark, leftovers }: Apart) {
    const child = meshmark(args(join(folder, 'out')))
    await new Promise<void>((resolve, reject) => {
      child.stderr?.on('data', (data) => /warm-up/.test(String(data)) && resolve())
      child.then(() => reject(new Error('the run ended before any arm was under load')), reject)
    })
    expect(leftovers().processes.length).toBeGreaterThan(1)
    // Not the child by itself: it is a promise, and would be waited for.
    return { child }
  }

  describe('that is ended', () => {
    test.concurrent.for(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
      '%s leaves nothing and ends with 130',
      { timeout: 240_000 },
      async (signal, context) => {
        const own = apart(context)
        const { child } = await started(own)
        child.kill(signal)
        const { exitCode, stderr } = await child
        expect(exitCode).toBe(130)
        expect(stderr).toContain('interrupted')
        expect(own.leftovers()).toEqual({ processes: [], folders: [] })
      },
    )

    test.concurrent('what a killed run left is reaped by clean; a live run is not touched', {
      timeout: 240_000,
    }, async (context) => {
      const own = apart(context)
      const { meshmark, leftovers } = own
      const { child: killed } = await started(own)
      killed.kill('SIGKILL')
      await killed
      expect(leftovers().folders).toHaveLength(1)
      const { child: live } = await started(own)
      // Stopped, it stays alive for as long as the rest takes.
      live.kill('SIGSTOP')
      expect(leftovers().folders, 'the start of the next run reaps').toHaveLength(1)
      const before = leftovers()
      expect((await meshmark(['clean'])).stdout).toBe('nothing to clean')
      expect(leftovers().folders).toEqual(before.folders)
      const out = join(own.folder, 'out')
      const second = await meshmark(args(out))
      expect(second.stderr).toMatch(new RegExp(`--out ${out}: run .* \\(process ${live.pid}\\) writes there`))
      expect(second.exitCode).toBe(2)
      live.kill('SIGKILL')
      await live
      expect((await meshmark(['clean'])).stdout).toMatch(/removed run/)
      expect(leftovers()).toEqual({ processes: [], folders: [] })
    })
  })
})
