import type { Parameter } from 'allure-js-commons'
import { bitRate } from '../numbers.ts'
import { rateWords } from '../rate-words.ts'
import type { Experiment, RunRecord } from '../record.ts'
import { identityOf, resultUuid } from './identity.ts'
import { type AllureStatus, allureStatus, sentence, statusMessage } from './status.ts'

/** What a record says of one test; the rest of an Allure result, such as its steps, is known only while it runs. */
export interface RecordedResult {
  uuid: string
  testCaseId: string
  historyId: string
  name: string
  suite: string
  status: AllureStatus
  statusDetails: { message?: string }
  /** Markdown. */
  description: string
  parameters: Parameter[]
  experiments: Experiment[]
}

/** The tests of a run, each with all of its experiments. */
export function recordedResults(record: RunRecord): RecordedResult[] {
  const tests = Map.groupBy(record.experiments, ({ suite, test }) => `${suite}#${test}`)
  return [...tests.values()].map((experiments) => resultOf(record, experiments as [Experiment, ...Experiment[]]))
}

function resultOf(record: RunRecord, experiments: [Experiment, ...Experiment[]]): RecordedResult {
  const [first] = experiments
  const status = allureStatus(experiments)
  const message = statusMessage(experiments)
  const parameters = parametersOf(record, experiments)
  return {
    ...{ uuid: resultUuid(record.run.id, first), ...identityOf(first, parameters) },
    ...{ name: first.test, suite: first.suite, status, parameters, experiments },
    statusDetails: message === '' || status === 'passed' ? {} : { message },
    description: experiments.flatMap(({ verdicts }) => verdicts.map((one) => `- ${plain(sentence(one))}`)).join('\n'),
  }
}

/** Configuration identifies a test in Allure's history; what differs from run to run is shown but left out of its identity. */
function parametersOf({ run }: RunRecord, experiments: readonly Experiment[]): Parameter[] {
  const each = (read: (experiment: Experiment) => string) => [...new Set(experiments.map(read))].join('; ')
  return [
    { name: 'cluster', value: run.cluster.provider },
    { name: 'profile', value: run.profile },
    { name: 'arms', value: each(({ arms }) => arms.map(({ name }) => name).join(', ')) },
    { name: 'workload', value: each(({ workload }) => workload) },
    { name: 'rate', value: each(rateOf) },
    { name: 'connections', value: each(({ load }) => String(load.connections)) },
    { name: 'seed', value: String(run.seed), excluded: true },
    { name: 'run', value: run.id, excluded: true },
    { name: 'commit', value: run.source?.commit ?? '', excluded: true },
  ].filter(({ value }) => value !== '')
}

function rateOf({ load }: Experiment): string {
  if (load.stream?.bitsPerSecond !== undefined) return bitRate(load.stream.bitsPerSecond)
  return load.protocol === 'tcp' ? 'as fast as it goes' : (rateWords(load.rate) ?? 'closed loop')
}

/** Text in Markdown, whatever is in it. */
const plain = (text: string) => text.replace(/[\\`*_{}[\]<>#|~&]/g, '\\$&').replace(/\s+/g, ' ')
