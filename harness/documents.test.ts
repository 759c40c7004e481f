import { execFileSync } from 'node:child_process'
import { existsSync, globSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Command } from 'commander'
import { afterAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { budgetsCommand } from './commands/budgets.ts'
import { cleanCommand } from './commands/clean.ts'
import { commentCommand } from './commands/comment.ts'
import { compareCommand } from './commands/compare.ts'
import { doctorCommand } from './commands/doctor.ts'
import { gateCommand } from './commands/gate.ts'
import { historyCommand } from './commands/history.ts'
import { loadCommand } from './commands/load.ts'
import { meshImageCommand } from './commands/mesh-image.ts'
import { nodeImageCommand } from './commands/node-image.ts'
import { podsCommand } from './commands/pods.ts'
import { probeCommand } from './commands/probe.ts'
import { reportCommand } from './commands/report.ts'
import { runCommand } from './commands/run.ts'
import { showCommand } from './commands/show.ts'
import { storeCommand } from './commands/store.ts'
import { toolImageCommand } from './commands/tool-image.ts'
import { trustCommand } from './commands/trust.ts'
import { profiles } from './experiment/profiles.ts'
import { type ExperimentInput, parseExperiment } from './experiment/spec.ts'
import { blocks, documents, limits, names, prose, read, root, section } from './testing-documents.ts'

const dir = mkdtempSync(join(tmpdir(), 'documents-test-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))
const { scripts, files: shipped } = JSON.parse(read('package.json')) as {
  scripts: Record<string, string>
  files: string[]
}

test('every document is listed, and none is longer than it may be', () => {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], { cwd: root })
  expect(String(listed).trim().split('\n').sort()).toEqual(documents.toSorted())
  const long = documents.filter((file) => Buffer.byteLength(read(file)) > (limits[file] as number))
  expect(long).toEqual([])
})

test('nothing in them is a placeholder', () => {
  for (const file of documents) expect(read(file), file).not.toMatch(/SAMPLE_RUN|BENCH_TABLE|TODO|FIXME/)
})

describe('links and files', () => {
  /** As GitHub names a heading. */
  const anchorOf = (heading: string) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\s-]/g, '')
      .replaceAll(/\s/g, '-')
  const anchors = (file: string) =>
    [...prose(file).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => anchorOf(heading))

  test.for(documents)('%s: every relative link leads to a file, and its anchor to a heading', (file) => {
    const links = [...prose(file).matchAll(/\]\(([^)]+)\)/g)].map(([, link = '']) => link)
    const broken = links
      .filter((link) => !link.startsWith('https://'))
      .filter((link) => {
        const [path = '', anchor] = link.split('#')
        const target = path === '' ? file : join(dirname(file), path)
        return !existsSync(join(root, target)) || (anchor !== undefined && !anchors(target).includes(anchor))
      })
    expect(broken).toEqual([])
  })

  test.for(documents)('%s: every file and folder of ours that it names is there; NAME is any', (file) => {
    const ours = /`((?:suites|fixtures|harness|clusters|ebpf|reports|\.github|\.ci)\/[^`\s]*)`/g
    const missing = [...prose(file).matchAll(ours)]
      .map(([, path = '']) => path)
      .filter((path) => globSync(path.replaceAll('NAME', '*'), { cwd: root }).length === 0)
    expect(missing).toEqual([])
  })

  test.for([
    ...['A mesh', 'A cluster provider', 'A load tool', 'An indicator', 'A report format'],
    ...['A probe', 'A workload', 'A command'],
  ])('the guide lists the files of: %s', (what) => {
    expect(section('.github/CONTRIBUTING.md', what).match(/^- `[\w./-]+`/gm)?.length).toBeGreaterThan(2)
  })

  test('there is no API yet, as the guide says', () => {
    expect(section('.github/CONTRIBUTING.md', 'An endpoint')).toContain('There is no HTTP API yet.')
    expect(existsSync(join(root, 'harness/api'))).toBe(false)
  })

  test('the package has the documents of those who use it', () => {
    const packed = globSync(
      shipped.filter((pattern) => pattern.endsWith('.md')),
      { cwd: root },
    )
    const forUsers = documents.filter((file) => !file.startsWith('.github/'))
    expect(['README.md', ...packed].sort()).toEqual(forUsers.sort())
  })
})

describe('command lines', () => {
  const all = [
    ...[runCommand(), loadCommand(), reportCommand(), doctorCommand(), trustCommand(), cleanCommand()],
    ...[showCommand(), storeCommand(), historyCommand(), gateCommand(), budgetsCommand()],
    ...[compareCommand(), nodeImageCommand(), meshImageCommand(), toolImageCommand(), podsCommand(), probeCommand()],
    commentCommand(),
  ]
  const commands: Record<string, Command> = Object.fromEntries(all.map((command) => [command.name(), command]))
  const optionsOf = (name: string) =>
    [commands[name], ...(commands[name]?.commands ?? [])].flatMap(
      (command) => command?.options.flatMap(({ long, short }) => [long, short]) ?? [],
    )

  test('the commands are those of the command line', () => {
    const registered = [...read('harness/commands/program.ts').matchAll(/^ {2}'?([a-z-]+)'?: async \(\) =>/gm)]
    expect(Object.keys(commands).sort()).toEqual(registered.map(([, name]) => name).sort())
    for (const name of Object.keys(commands))
      expect(documents.map(read).join('\n')).toMatch(new RegExp(`meshmark (-- )?${name}\\b`))
  })

  test.for(documents)('%s: commands, options and scripts are real', (file) => {
    const lines = read(file).matchAll(/(?:npm run -s meshmark --|npx meshmark|(?<=`)meshmark) ([^`#\n]+)/g)
    for (const [line, words = ''] of lines) {
      const [name = '', ...rest] = words.trim().split(/\s+/)
      expect(Object.keys(commands), line).toContain(name)
      for (const word of rest.filter((one) => /^--?[a-z]/.test(one)))
        expect(optionsOf(name), line).toContain(word.split('=')[0])
    }
    for (const [, script] of read(file).matchAll(/npm run (?:-s )?([\w:]+)/g))
      expect(Object.keys(scripts)).toContain(script)
  })

  test.for([
    ['run', 'suites/README.md'],
    ['compare', 'harness/compare/README.md'],
    ['gate', 'harness/gate/README.md'],
    ['compare', 'harness/compare/README.md'],
    ['probe', 'harness/probes/README.md'],
  ] as const)('the options of meshmark %s are those of its document', ([name, file]) => {
    const options = commands[name]?.options.map(({ long }) => long)
    const documented = names(file, 'option').filter((option) => option.startsWith('--'))
    expect(documented.sort()).toEqual(options?.sort())
  })
})

describe('snippets', () => {
  const snippets = documents.flatMap((file) => blocks(file, 'ts').map((block) => ({ file, ...block })))
  const sourceOf = ({ before }: { before: string }) => /^<!-- (\S+) -->$/.exec(before)?.[1]
  const isLoad = ({ text }: { text: string }) => text.startsWith('load: ')

  test('those that name their file are that file', () => {
    const quoted = snippets.filter((one) => sourceOf(one) !== undefined)
    expect(quoted.filter(({ file }) => file === 'README.md').map(sourceOf)).toEqual(['suites/http.suite.ts'])
    for (const one of quoted) expect(one.text).toBe(read(sourceOf(one) as string))
  })

  test('others pass the type checker, as in a project that has the package', { timeout: 120_000 }, () => {
    const programs = snippets.filter((one) => sourceOf(one) === undefined && !isLoad(one))
    expect(programs.length).toBeGreaterThan(3)
    for (const [i, { text }] of programs.entries()) writeFileSync(join(dir, `snippet-${i}.ts`), text)
    symlinkSync(join(root, 'node_modules'), join(dir, 'node_modules'))
    writeFileSync(join(dir, 'package.json'), JSON.stringify({ type: 'module' }))
    const paths = { meshmark: [join(root, 'fixtures/index.ts')], 'meshmark/plugin': [join(root, 'fixtures/plugin.ts')] }
    const config = { extends: join(root, 'tsconfig.json'), compilerOptions: { paths }, include: ['snippet-*.ts'] }
    writeFileSync(join(dir, 'tsconfig.json'), JSON.stringify(config))
    try {
      execFileSync(join(root, 'node_modules/.bin/tsc'), ['-p', dir], { encoding: 'utf8' })
    } catch (cause) {
      throw new Error((cause as { stdout: string }).stdout)
    }
  })

  test('loads are ones that an experiment takes', () => {
    writeFileSync(join(dir, 'arrivals.txt'), '0.5\n1.25s\n1250ms\n')
    writeFileSync(join(dir, 'mix.jsonl'), '{"path":"/a","weight":3}\n{"method":"POST","body":"b"}\n')
    writeFileSync(join(dir, 'body.bin'), 'abc')
    const loads = snippets.filter(isLoad).flatMap(({ text }) => text.trim().split('\n'))
    expect(loads.length).toBeGreaterThan(10)
    for (const line of loads) {
      const here = line.replaceAll(/'(\w+\.(?:txt|jsonl|bin))'/g, (_, name) => JSON.stringify(join(dir, name)))
      const { load } = new Function(`return { ${here} }`)() as Pick<ExperimentInput, 'load'>
      const workload = load.protocol === 'udp' ? 'stream-receiver' : 'http-echo'
      const parsed = parseExperiment({ workload, load, arms: ['baseline'] }, profiles.standard, [])
      expect(parsed.load.protocol, line).toBe(load.protocol ?? 'http')
    }
  })
})

test('CI calls .ci/run, and gives up after 90 minutes', () => {
  const { jobs } = parse(read('.github/workflows/ci.yml')) as {
    jobs: Record<string, { 'timeout-minutes': number; steps: { run?: string }[] }>
  }
  expect(Object.values(jobs).flatMap(({ steps }) => steps.map(({ run }) => run))).toContain('.ci/run')
  for (const job of Object.values(jobs)) expect(job['timeout-minutes']).toBe(90)
})
