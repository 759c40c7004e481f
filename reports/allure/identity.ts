import { createHash } from 'node:crypto'
import type { Parameter } from 'allure-js-commons'
import type { Experiment } from '../record.ts'

type Named = Pick<Experiment, 'suite' | 'test'>

/** The id of a test's result in one run: whoever writes it again finds it. */
export const resultUuid = (runId: string, { suite, test }: Named) =>
  md5(`${runId}#${suite}#${test}`).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')

/** What tells Allure that it is the same test as in an earlier run. */
export function identityOf({ suite, test }: Named, parameters: readonly Parameter[]) {
  const testCaseId = md5(`meshmark:${suite}#${test}`)
  const configuration = parameters
    .filter(({ excluded }) => !excluded)
    .toSorted((a, b) => a.name.localeCompare(b.name))
    .map(({ name, value }) => `${name}:${value}`)
  // As allure-js-commons makes it: what differs from run to run is left out.
  return { testCaseId, historyId: `${testCaseId}:${md5(configuration.join(','))}` }
}

const md5 = (text: string) => createHash('md5').update(text).digest('hex')
