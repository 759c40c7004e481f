import { globSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { z } from 'zod'
import { recipes } from '../clusters/images/index.ts'
import type { Mesh } from '../clusters/mesh.ts'
import { meshes } from '../clusters/meshes/index.ts'
import { providerNames } from '../clusters/providers/index.ts'
import { workloadNames, workloads } from '../clusters/workloads/index.ts'
import { formats } from '../reports/formats/index.ts'
import { indicatorOf, indicators } from '../reports/indicators.ts'
import { recordSchemaVersion } from '../reports/record.ts'
import { exitCodes } from './exit-codes.ts'
import { profiles } from './experiment/profiles.ts'
import { loadShape } from './load/input/load.ts'
import { loadToolNames } from './load/plan.ts'
import { protocolNames } from './load/schemes.ts'
import { sectionNames } from './peers/index.ts'
import { codeIn, documents, names, prose, read, root, rows } from './testing-documents.ts'

test('exit codes', () => {
  const codes = rows('README.md', 'exit code').map(([code]) => Number(code))
  expect(codes).toEqual(Object.values(exitCodes))
  const verdicts = rows('harness/verdict/README.md', 'verdict').filter((cells) => cells.length === 3)
  const { usage: _, interrupted: __, ...outcomes } = exitCodes
  expect(Object.fromEntries(verdicts.map(([name = '', , code]) => [codeIn(name)[0], Number(code)]))).toEqual(outcomes)
})

test('profiles', () => {
  const documented = rows('suites/README.md', 'profile').map((cells) => cells.join(' '))
  expect(documented).toEqual(
    Object.entries(profiles).map(([name, { trials, durationMs, units }]) =>
      [
        ...[`\`${name}\``, `${units.maxDurationMs / 1000} s`, `${units.unitMs / 1000} s`, units.deployments],
        `${trials} × ${durationMs / 1000} s`,
      ].join(' '),
    ),
  )
})

test('suites', () => {
  const files = names('suites/README.md', 'suite').map((name) => `suites/${name}.suite.ts`)
  expect(files.sort()).toEqual(globSync('suites/*.suite.ts', { cwd: root }).sort())
})

test('plugin options', () => {
  const source = /optionsSchema = fields\(\{([\s\S]*?)\n\}\)/.exec(read('harness/run/options.ts'))?.[1] ?? ''
  const options = [...source.matchAll(/^ {2}(\w+): /gm)].map(([, name]) => name)
  expect(names('fixtures/README.md', 'plugin option').sort()).toEqual(options.sort())
})

test('fixtures and matchers', () => {
  const fixtures = [...read('fixtures/index.ts').matchAll(/\.extend\(\s*'(\w+)'/g)].map(([, name]) => name)
  expect(names('fixtures/README.md', 'fixture').sort()).toEqual(fixtures.sort())
  const matchers = [...read('fixtures/matchers.ts').matchAll(/^ {2}(to\w+)\(\w+: unknown/gm)].map(([, name]) => name)
  const shown = names('fixtures/README.md', 'matcher').map((code) => /\.(to\w+)\(/.exec(code)?.[1])
  expect(shown.sort()).toEqual(matchers.sort())
})

test('indicators', () => {
  const documented = [...names('fixtures/README.md', 'indicator'), ...names('ebpf/README.md', 'indicator')].filter(
    (name) => name !== 'Us',
  )
  const inMs = (name: string) => name.replace(/^(mean|p\d+|max)Us$/, '$1Ms')
  expect(documented.sort()).toEqual([...new Set(indicators.map(({ name }) => inMs(name)))].sort())
  const percentiles = documents
    .flatMap((file) => codeIn(prose(file)))
    .filter((code) => /^\w*[pP]\d+(Ms|Us)$/.test(code))
  expect(percentiles.length).toBeGreaterThan(10)
  for (const name of percentiles) expect(indicatorOf(name)?.name, name).toBe(name)
})

test('workloads, and what their environment sets', () => {
  const documented = rows('fixtures/README.md', 'workload')
  expect(documented.flatMap(([name = '']) => codeIn(name)).sort()).toEqual(workloadNames.toSorted())
  for (const [workload = '', , env = ''] of documented)
    for (const name of codeIn(env)) {
      const { env: schema } = workloads[codeIn(workload)[0] as keyof typeof workloads]
      expect(schema.safeParse({ [name]: name === 'STATUS' ? '200' : '1' }).success, `${workload} ${name}`).toBe(true)
    }
})

test('clusters, meshes, their modes and settings', () => {
  const file = 'clusters/README.md'
  for (const name of names(file, 'cluster')) expect(providerNames).toContain(name)
  for (const name of providerNames) expect(names(file, 'cluster')).toContain(name)
  for (const name of names(file, 'mesh')) expect(Object.keys(meshes)).toContain(name.split(':')[0])
  const settings = new Set<string>()
  for (const [name, mesh] of Object.entries<Mesh>(meshes)) {
    expect(names(file, 'mesh')).toContain(name)
    for (const mode of mesh.modes) {
      if (mode !== 'none' && mode !== 'sidecar') expect(read(file)).toMatch(new RegExp(`\`(${name}:)?${mode}\``))
      const schema = mesh.settingsOf?.(mode) ?? mesh.settings
      if ('shape' in schema) for (const one of Object.keys(schema.shape as object)) settings.add(one)
    }
  }
  expect(names(file, 'setting').sort()).toEqual([...settings].sort())
  expect(names(file, '`meshmark mesh-image`').sort()).toEqual(Object.keys(recipes).sort())
})

test('fields and protocols of loads', () => {
  const file = 'harness/load/README.md'
  const tls = fieldsOf(loadShape.tls)
  expect(names(file, 'field of `tls`').sort()).toEqual(tls.sort())
  for (const name of names(file, 'field')) expect(Object.keys(loadShape)).toContain(name)
  const { http2, grpc, websocket, inference, stream } = loadShape
  const ofProtocols = [http2, grpc, websocket, inference, stream].flatMap(fieldsOf)
  for (const name of [...Object.keys(loadShape), ...ofProtocols, 'agents', ...protocolNames])
    expect(read(file)).toMatch(new RegExp(`\`[^\`]*\\b${name}\\b`))
})

/** The names of an object's fields, as people write them. */
function fieldsOf(optional: z.ZodOptional<z.ZodObject | z.ZodPipe<z.ZodObject>>): string[] {
  const schema = optional.unwrap()
  return Object.keys('in' in schema ? schema.in.shape : schema.shape)
}

test('load tools, k6 apart, and sections of the comparison', () => {
  const tools = loadToolNames.filter((name) => name !== 'k6')
  expect(names('harness/tools/README.md', 'tool').sort()).toEqual(tools.sort())
  expect(names('harness/peers/README.md', 'section (`--only`)').sort()).toEqual(sectionNames.toSorted())
  // k6 is under the AGPL: for users who have it, and nothing that meshmark measures itself by.
  for (const file of documents) expect(read(file), file).not.toMatch(/^\|.*\bk6\b.*\|$/m)
})

test('reasons', () => {
  const codes = [...read('reports/reasons.ts').matchAll(/^ {2}\| '(\w+)'$/gm)].map(([, code]) => code)
  expect(codes.length).toBeGreaterThan(10)
  const documented = [
    ...names('harness/verdict/README.md', 'reason'),
    ...names('harness/contention/README.md', 'reason'),
    'not_measured',
    'send_lag',
    'v1',
  ]
  expect(documented.sort()).toEqual(codes.sort())
})

test('report formats, and the version of the record', () => {
  const files = rows('reports/README.md', 'format').map(([name = '', file = '']) => [...codeIn(name), ...codeIn(file)])
  expect(Object.fromEntries(files)).toEqual(
    Object.fromEntries(Object.entries(formats).map(([name, { file }]) => [name, file])),
  )
  const [version] = rows('reports/README.md', 'part').filter(([part]) => part === '`schemaVersion`')
  expect(version?.[1]).toBe(String(recordSchemaVersion))
})
