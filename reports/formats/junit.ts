import type { Builder, TestCase } from 'junit-report-builder'
import { type Judgement, judgementsOf } from '../judgements.ts'
import type { RunRecord } from '../record.ts'
import { plain } from '../terminal-text.ts'
import { measuredMs } from '../units.ts'
import { textFormat } from './text.ts'

/**
 * JUnit's XML: a suite for each suite, a case for each verdict. A broken objective is a failure, a verdict that cannot be trusted an error;
 * what is too noisy to tell is skipped, which is no pass. The library's `skipped` has no reason: it is in `system-out`.
 */
export const junit = textFormat('junit.xml', render)

async function render(record: RunRecord): Promise<string> {
  // Its types speak of a default export of the default export, which is not there.
  const { default: builder } = (await import('junit-report-builder')) as unknown as { default: Builder }
  const report = builder.newBuilder().name('meshmark')
  const judgements = judgementsOf(record)
  for (const name of new Set(judgements.map(({ suite }) => suite))) {
    const suite = report.testSuite().name(xml(name)).timestamp(record.run.startedAt.slice(0, 19))
    const seconds = secondsOf(record, name)
    if (seconds > 0) suite.time(seconds)
    suite.property('run', record.run.id).property('outcome', record.run.outcome)
    if (record.run.source) suite.property('commit', record.run.source.commit)
    for (const judgement of judgements.filter((one) => one.suite === name)) add(suite.testCase(), judgement)
  }
  // The schema that Jenkins holds it against has no such attribute of the whole.
  return `${report
    .build()
    .trimEnd()
    .replace(/(<testsuites [^>]*) skipped="\d+"/, '$1')}\n`
}

function add(testCase: TestCase, { suite, test, name, status, why }: Judgement): void {
  testCase.className(xml(suite)).name(xml(`${test}: ${name}`))
  const reason = xml(why ?? '')
  if (status === 'fail') testCase.failure(reason, 'fail')
  else if (status === 'invalid') testCase.error(reason, 'invalid')
  else if (status !== 'pass') testCase.skipped()
  if (reason !== '') testCase.standardOutput(`${status}: ${reason}`)
}

/** How long was measured; the verdicts of a test share one measurement, so that cases have no time of their own. */
const secondsOf = ({ experiments }: RunRecord, suite: string) =>
  experiments.filter((one) => one.suite === suite).reduce((sum, one) => sum + measuredMs(one), 0) / 1000

/** XML has no place for control characters, halves of characters, and two that are none; a CDATA section would end at its own end. */
const xml = (text: string) =>
  plain(text)
    .toWellFormed()
    .replaceAll(/[\ufffe\uffff]/g, '\ufffd')
    .replaceAll(']]>', ']] >')
