import type { Test, TestStatus } from 'ctrf'
import { type Judgement, judgementsOf, type Status } from '../judgements.ts'
import type { RunRecord } from '../record.ts'
import { textFormat } from './text.ts'

/** CTRF has no word for what cannot be trusted, or for what is too noisy to tell: `rawStatus` has ours. */
const statuses: Record<Status, TestStatus> = {
  pass: 'passed',
  fail: 'failed',
  invalid: 'failed',
  inconclusive: 'other',
  skipped: 'skipped',
}

/** Common Test Report Format: a test for each verdict. */
export const ctrf = textFormat('ctrf-report.json', render)

async function render(record: RunRecord): Promise<string> {
  const { ReportBuilder, stringify } = await import('ctrf')
  const { run, environment } = record
  const start = Date.parse(run.startedAt)
  const report = new ReportBuilder()
    .timestamp(run.startedAt)
    .generatedBy('meshmark')
    .runId(run.id)
    .tool({ name: 'meshmark', ...(environment.versions.meshmark ? { version: environment.versions.meshmark } : {}) })
    .environment({
      ...{ osPlatform: environment.os, osRelease: environment.kernel, testEnvironment: run.cluster.provider },
      ...(run.source ? { commit: run.source.commit } : {}),
      ...(run.source?.ref ? { branchName: run.source.ref } : {}),
    })
    .extra({ outcome: run.outcome })
    .summaryOverrides({ start, stop: start + Math.round(run.durationMs), duration: run.durationMs })
  for (const judgement of judgementsOf(record)) report.addTest(testOf(judgement))
  return `${stringify(report.build(), { pretty: true })}\n`
}

function testOf({ suite, test, name, status, why, file, verdict }: Judgement): Test {
  return {
    ...{ name: `${test}: ${name}`, status: statuses[status], rawStatus: status, suite: [suite, test] },
    // The verdicts of a test share one measurement, which is not divided between them.
    duration: 0,
    ...(why === null ? {} : { message: why }),
    ...(file === null ? {} : { filePath: file }),
    ...(verdict ? { extra: extraOf(verdict) } : {}),
  }
}

function extraOf(verdict: NonNullable<Judgement['verdict']>) {
  const { kind, indicator, unit, arm, over, measured, interval, confidence, limit, noiseFloor, smallestEffect } =
    verdict
  return { kind, indicator, unit, arm, over, measured, interval, confidence, limit, noiseFloor, smallestEffect }
}
