import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { exitCodes } from './exit-codes.ts'
import { profiles } from './experiment/profiles.ts'
import { indicators } from './verdict/indicators.ts'

const root = join(import.meta.dirname, '..')
const readme = readFileSync(join(root, 'README.md'), 'utf8')

test("the README's suite is the one that runs", () => {
  const [, quoted] = /<!-- suites\/http\.suite\.ts -->\n```ts\n([\s\S]*?)```/.exec(readme) ?? []
  expect(quoted).toBe(readFileSync(join(root, 'suites/http.suite.ts'), 'utf8'))
})

test('its exit codes, profiles and indicators are the real ones', () => {
  for (const code of Object.values(exitCodes)) expect(readme).toContain(`\n| ${code} |`)
  for (const [name, { trials, durationMs }] of Object.entries(profiles))
    expect(readme).toContain(`| \`${name}\` | ${trials} | ${durationMs / 1000} s |`)
  for (const name of Object.keys(indicators).filter((one) => !one.endsWith('Us')))
    expect(readme).toContain(`\`${name}\``)
})

test('nothing in it is a placeholder', () => {
  expect(readme).not.toMatch(/SAMPLE_RUN|BENCH_TABLE|TODO/)
})
