import type { Result } from 'sarif'
import { headline } from '../headline.ts'
import { indicatorTitle } from '../indicators.ts'
import { type Judgement, judgementsOf } from '../judgements.ts'
import type { RunRecord } from '../record.ts'
import { textFormat } from './text.ts'

/** The rule that what cannot be trusted breaks. */
const trusted = 'trusted-measurement'

/**
 * SARIF 2.1.0: what is not kept, each a result at its suite's file, else at another of the run. A broken objective is an error; a verdict that cannot be trusted is an error
 * of another rule, and the run is told as one that did not succeed; what is too noisy to tell is `open`. What is kept is no result: code
 * scanning would show it as an alert.
 */
export const sarif = textFormat('meshmark.sarif', render)

async function render(record: RunRecord): Promise<string> {
  const { SarifBuilder, SarifRunBuilder, SarifRuleBuilder, SarifResultBuilder } = await import('node-sarif-builder')
  const { run, environment } = record
  const results = new SarifRunBuilder().initSimple({
    toolDriverName: 'meshmark',
    toolDriverVersion: environment.versions.meshmark ?? '',
  })
  const all = judgementsOf(record)
  const elsewhere = all.find(({ file }) => file !== null)?.file ?? 'package.json'
  const open = all.filter(({ status }) => status !== 'pass')
  for (const [ruleId, shortDescriptionText] of new Map(open.map((one) => [ruleOf(one), ruleText(one)])))
    results.addRule(new SarifRuleBuilder().initSimple({ ruleId, shortDescriptionText }))
  for (const judgement of open) {
    const { suite, test, name, why, file } = judgement
    const result = new SarifResultBuilder().initSimple({
      level: isError(judgement) ? 'error' : 'none',
      messageText: `${suite} › ${test}: ${why ?? name}`,
      ruleId: ruleOf(judgement),
      // GitHub takes no file of which one result has no place.
      fileUri: (file ?? elsewhere).split('/').map(encodeURIComponent).join('/'),
    })
    result.result.kind = kindOf(judgement)
    // The same question keeps its alert from run to run.
    result.result.partialFingerprints = { 'question/v1': `${suite} ${test} ${name}` }
    results.addResult(result)
  }
  results.run.automationDetails = { id: `meshmark/${run.id}`, description: { text: headline(record) } }
  results.run.invocations = [
    {
      executionSuccessful: open.every(({ status }) => status !== 'invalid'),
      startTimeUtc: run.startedAt,
      toolExecutionNotifications: open
        .filter(({ status }) => status === 'invalid')
        .map(({ why, name }) => ({ level: 'error' as const, message: { text: why ?? name } })),
    },
  ]
  const log = new SarifBuilder()
  log.addRun(results)
  return `${log.buildSarifJsonString({ indent: true })}\n`
}

const isError = ({ status }: Judgement) => status === 'fail' || status === 'invalid'

function kindOf({ status }: Judgement): Result.kind {
  if (status === 'skipped') return 'notApplicable'
  return status === 'inconclusive' ? 'open' : 'fail'
}

function ruleOf({ status, verdict }: Judgement): string {
  if (status === 'invalid') return trusted
  return verdict ? `${verdict.kind}/${verdict.indicator}` : 'test'
}

function ruleText({ status, verdict }: Judgement): string {
  if (status === 'invalid') return 'What was measured is what was asked, and can be trusted'
  return verdict ? `${verdict.kind} on ${indicatorTitle(verdict.indicator)}` : 'A test is carried out'
}
