import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { claimOf } from './claim.ts'
import { formats } from './formats/index.ts'
import { type Indicator, indicators } from './indicators.ts'
import type { Experiment, RunRecord, Verdict } from './record.ts'
import { summarize } from './summary.ts'
import { renderSummary } from './terminal.ts'
import { sampleRecord } from './testing/record.ts'

/** A line as somebody would add one. */
const handshakes: Indicator = {
  ...{ name: 'handshakeCount', unit: '', title: 'handshakes', better: 'lower' },
  of: ({ evidence }) => Number(evidence?.facts.handshakes ?? 0),
  terminal: { head: 'handshakes', rank: 5 },
  page: { group: '', head: 'Handshakes' },
}

let dir: string
let record: RunRecord
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'meshmark-indicators-'))
  record = sampleRecord()
  indicators.push(handshakes)
})
afterAll(async () => {
  indicators.splice(indicators.indexOf(handshakes), 1)
  await rm(dir, { recursive: true })
})

const written = async (name: 'csv' | 'html' | 'allure') => readFile(await formats[name].write(record, dir), 'utf8')

test('a line in the table is a number of every summary', () => {
  expect(summarize(record.experiments[0] as Experiment).map(({ values }) => values.handshakeCount)).toEqual([
    0,
    32,
    null,
  ])
})

test('a line in the table is a column of the CSV', async () => {
  const [head = '', ...rows] = (await written('csv')).split('\n')
  expect(head.split(',').at(-1)).toBe('handshakeCount')
  expect(rows[1]).toMatch(/,32$/)
})

test('a line in the table is a sample in Allure', async () => {
  const samples: { key: string; value: number; better: string; title: string }[] = JSON.parse(await written('allure'))
  expect(samples.find(({ key }) => key.endsWith('.envoy.handshakeCount'))).toMatchObject({
    ...{ value: 32, better: 'lower', title: 'envoy: handshakes' },
  })
})

test('a line in the table is a column for people where it has a head for one', async () => {
  const terminal = renderSummary(record.experiments[0] as Experiment, { colour: false, columns: 200, cluster: 'local' })
  expect(terminal.split('\n')[1]).toMatch(/cpu\/request +handshakes +errors$/)
  expect(await written('html')).toMatch(/<th scope="col" rowspan="2" class="num first">Handshakes<\/th>/)
})

test('verdicts name a line in the table by its title', () => {
  const [some] = (record.experiments[0] as Experiment).verdicts as [Verdict]
  const verdict = { ...some, kind: 'budget' as const, over: 'baseline', indicator: 'handshakeCount' }
  expect(claimOf(verdict, { nameOther: true }).sentence).toMatch(/^envoy adds .* of handshakes to baseline$/)
})

test('no two lines have one name', () => {
  const names = indicators.map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
})
