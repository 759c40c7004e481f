import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { resultUuid } from '../reports/allure/identity.ts'
import { recordSchema } from '../reports/record.ts'
import { root } from './run/testing.ts'

const project = mkdtempSync(join(tmpdir(), 'package-test-'))
const plugin = "import { meshmark } from 'meshmark/plugin'\n"
const usual = `${plugin}export default { plugins: [meshmark({ cluster: 'local' })] }\n`

/** A folder of one test within the project: tests at once have each their own suite and configuration. */
function place(suite: string, config = usual) {
  const cwd = mkdtempSync(join(project, 'place-'))
  writeFileSync(join(cwd, 'own.suite.ts'), suite)
  writeFileSync(join(cwd, 'vitest.config.ts'), config)
  const run = (file: string, args: string[]) =>
    execa(file, args, { cwd, reject: false, stdin: 'ignore', preferLocal: true, localDir: project })
  return Object.assign(run, { folder: cwd })
}

const suite = (
  expectation: string,
  { arms = ['baseline'], load = 'rate: 200' } = {},
) => `import { expect, test } from 'meshmark'

test('a question', async ({ experiment }) => {
  const result = await experiment({
    arms: ${JSON.stringify(arms)},
    workload: 'http-echo',
    load: { ${load}, duration: '300ms', warmUp: '200ms' },
    design: 'trials',
    trials: 6,
  })
  ${expectation}
})
`

/** The tarball as users get it, in an empty vitest project of theirs. */
beforeAll(async () => {
  const { stdout } = await execa('npm', ['pack', '--json', '--pack-destination', project], { cwd: root })
  const [{ filename }] = JSON.parse(stdout.slice(stdout.indexOf('[')))
  writeFileSync(join(project, 'package.json'), JSON.stringify({ private: true }))
  await execa('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', `./${filename}`], { cwd: project })
}, 300_000)

afterAll(() => rmSync(project, { recursive: true, force: true }))

test.concurrent('a ten-line suite runs under plain vitest', { timeout: 120_000 }, async () => {
  const passes = suite("expect(result.arm('baseline')).toMeetObjectives({ p99Ms: { max: 60_000 } })")
  const config = `${plugin}import { defineConfig } from 'vitest/config'\n\nexport default defineConfig({ plugins: [meshmark({ cluster: 'local' })] })\n`
  const run = place(passes, config)
  const { exitCode, stdout, stderr } = await run('vitest', ['run', '--project', 'meshmark'])
  expect(exitCode, stdout + stderr).toBe(0)
  expect(stdout).toMatch(/pass/)
  const [, path] = /^ *(\S+record\.json)$/m.exec(stdout) ?? []
  expect(recordSchema.parse(JSON.parse(readFileSync(path as string, 'utf8'))).run.outcome).toBe('pass')
})

test('the programs of the kernel probes are in it', () => {
  const packed = readdirSync(join(project, 'node_modules/meshmark/dist/ebpf/programs'))
  expect(packed.sort()).toEqual(readdirSync(join(root, 'ebpf/programs')).sort())
})

test('the JSON Schema of budgets is in it', () => {
  const schema = JSON.parse(readFileSync(join(project, 'node_modules/meshmark/dist/budgets.schema.json'), 'utf8'))
  expect(Object.keys(schema.properties)).toEqual(['budgets'])
})

describe.concurrent('exit codes of meshmark run', { timeout: 120_000 }, () => {
  test.for([
    [0, 'pass', suite("expect(result.arm('baseline')).toMeetObjectives({ p99Ms: { max: 60_000 } })")],
    [1, 'fail', suite("expect(result.arm('baseline')).toMeetObjectives({ achievedRate: { min: 1_000_000 } })")],
    [
      3,
      'inconclusive',
      suite("expect(result.arm('cilium')).toMeetObjectives({ p99Ms: { max: 60_000 } })", {
        arms: ['baseline', 'cilium'],
      }),
    ],
    [
      4,
      'invalid',
      suite("expect(result.arm('baseline')).toMeetObjectives({ p99Ms: { max: 60_000 } })", {
        load: "rate: 200, path: '/?status=500'",
      }),
    ],
    [4, 'a suite that throws', "import { test } from 'meshmark'\ntest('x', () => { throw new Error('boom') })\n"],
    [
      3,
      'a test that is skipped for a reason',
      "import { test } from 'meshmark'\ntest('x', ({ skip }) => skip('no kernel probes here'))\n",
    ],
    [2, 'no such indicator', suite("expect(result.arm('baseline')).toMeetObjectives({ p100Ms: { max: 1 } })")],
    [2, 'wrong fields in experiment', suite('', { load: "rate: 0, connections: -1, arrivals: 'bursty'" })],
    // It is asked for only after the measurement.
    [4, 'no such arm', suite("expect(result.arm('istio')).toMeetObjectives({ p99Ms: { max: 1 } })")],
  ] as [number, string, string][])('%i: %s', async ([code, , text]) => {
    const run = place(text)
    const { exitCode, stdout, stderr } = await run('meshmark', ['run', 'own', '--out', 'out'])
    expect(exitCode, stdout + stderr).toBe(code)
    if (text.includes('skip(')) expect(stdout).toMatch(/^ {2}skipped {3}no kernel probes here$/m)
    if (code === 2) return expect(stdout + stderr).toMatch(/CONFIG|no such|wrong field|no arm/)
    const record = recordSchema.parse(JSON.parse(readFileSync(join(run.folder, 'out/record.json'), 'utf8')))
    for (const experiment of record.experiments) {
      const result = `out/allure-results/${resultUuid(record.run.id, experiment)}-result.json`
      const { status, steps } = JSON.parse(readFileSync(join(run.folder, result), 'utf8'))
      // Of these, what is inconclusive is an arm that cannot run.
      expect(status).toBe({ 0: 'passed', 1: 'failed', 3: 'skipped', 4: 'broken' }[code])
      expect(steps.length).toBeGreaterThan(0)
    }
  })

  test('2: a configuration with five wrong fields names all five', async () => {
    const wrong = "{ cluster: 'kint', mesh: ['enovy'], profile: 'fast', seed: -1, colour: 'red' }"
    const run = place(suite(''), `${plugin}export default { plugins: [meshmark(${wrong})] }\n`)
    const { exitCode, stderr } = await run('meshmark', ['run', '--out', 'out'])
    expect(exitCode, stderr).toBe(2)
    for (const field of [
      'cluster: received "kint"',
      'mesh.0: received "enovy"',
      'profile: received "fast"',
      'seed: received -1',
      'colour: no such field',
    ])
      expect(stderr).toContain(field)
  })

  test('2: no suites says where it looked', async () => {
    const run = place('', `${plugin}export default { plugins: [meshmark({ include: ['elsewhere/*.ts'] })] }\n`)
    const { exitCode, stderr } = await run('meshmark', ['run'])
    expect(exitCode, stderr).toBe(2)
    expect(stderr).toContain('no suites here: looked for elsewhere/*.ts')
  })

  test('2: no plugin in the configuration says what to write', async () => {
    const { exitCode, stderr } = await place('', 'export default {}\n')('meshmark', ['run'])
    expect(exitCode).toBe(2)
    expect(stderr).toContain("import { meshmark } from 'meshmark/plugin'")
  })
})
