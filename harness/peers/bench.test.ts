import { execa } from 'execa'
import { expect, test } from 'vitest'
import { sectionNames } from './index.ts'
import { reportText } from './report.ts'
import { addRun, medianOf, type Row, ratio } from './section.ts'

const compare = (...args: string[]) =>
  execa(process.execPath, [new URL('./bench.ts', import.meta.url).pathname, ...args], { reject: false })

test('ratios are taken within a repetition', () => {
  const rows: Row[] = []
  for (const [own, other] of [
    [100, 50],
    [90, 60],
    [10, 10],
  ] as const) {
    addRun(rows, 'meshmark', { rate: own })
    addRun(rows, 'wrk', { rate: other })
  }
  expect(ratio(rows, 'rate', 'meshmark', 'wrk')).toBe(1.5)
  expect(ratio(rows, 'rate', 'meshmark', 'fortio')).toBeNull()
  expect(medianOf([1, 2, 3, 10])).toBe(2.5)
})

test('a report tells medians with their spread, what was skipped and what was met', () => {
  const report = {
    conditions: 'one server',
    columns: { rate: { title: 'requests/s', digits: 0 }, cpu: { title: 'CPU', digits: 1 } },
    rows: [{ name: 'meshmark', values: { rate: [1000, 3000, 2000], cpu: [Number.NaN] } }],
    skipped: [{ what: 'wrk', reason: 'no wrk on PATH', remedy: 'apt-get install wrk' }],
    goals: [{ goal: 'requests/s at least 1 of wrk', measured: 0.5, met: false }],
  }
  expect(reportText({ title: 'HTTP', run: async () => report }, report).split('\n')).toEqual([
    'HTTP: one server',
    '            requests/s           CPU',
    '  meshmark  2,000 [1,000–3,000]  –',
    '  wrk: skipped: no wrk on PATH (apt-get install wrk)',
    '  not met: requests/s at least 1 of wrk; 0.5000',
  ])
})

test('wrong use is answered before anything starts', async () => {
  expect(await compare('--only', 'ftp')).toMatchObject({
    exitCode: 1,
    stderr: `--only: received ftp; one of: ${sectionNames.join(', ')}`,
  })
  expect((await compare('--seconds', '0')).stderr).toBe('--seconds: received 0; a whole number from 1 to 3600')
  expect((await compare('--help')).stdout).toContain('--only SECTION')
})
