import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import { ReportError } from '../../reports/errors.ts'
import { formats } from '../../reports/formats/index.ts'
import { escaped } from '../../reports/markdown/escape.ts'
import { renderMarkdown } from '../../reports/markdown/markdown.ts'
import type { Outcome } from '../../reports/record.ts'
import { loadRecord, recordAt } from '../../reports/store.ts'
import { Forbidden, githubApi } from '../pull-request/api.ts'
import { markerName, putComment } from '../pull-request/comment.ts'
import { pullRequestOf } from '../pull-request/settings.ts'
import { addSummary, setOutputs } from '../pull-request/step.ts'
import { number } from './number.ts'

interface CommentFlags {
  marker: string
  page?: string
  pull?: number
}

export const commentCommand = () =>
  new Command('comment')
    .description(
      'Tell a run in its pull request on GitHub: the step’s summary and outputs, and one comment that is updated in place.',
    )
    .argument('<record>', 'a record.json, or the folder of a run')
    .option('--marker <name>', 'whose comment it is, where a pull request has several', marker, 'run')
    .option('--page <url>', 'the address of the page, or of the job that keeps it', page)
    .option('--pull <number>', 'the pull request (default: the one that started the job)', pull)
    .addHelpText(
      'after',
      `
Takes GITHUB_TOKEN, GITHUB_REPOSITORY, GITHUB_EVENT_PATH and GITHUB_API_URL from the environment. Without leave to comment, as in a
pull request from a fork, the summary is all, and the exit code 0. What the verdict is does not change the exit code.

Examples:
  meshmark comment results
  meshmark comment results --marker http --page https://ci.example.org/1234 --pull 12`,
    )
    .action(comment)

async function comment(path: string, { marker: name, page: pageUrl, pull }: CommentFlags): Promise<void> {
  const told = await tell(path, pageUrl)
  await addSummary(process.env, told.text)
  await setOutputs(process.env, told.outputs)
  const where = pullRequestOf(process.env, pull)
  process.stdout.write(`${typeof where === 'string' ? `no comment: ${where}` : await post(where, name, told.text)}\n`)
  if (told.error) throw told.error
}

async function post(
  where: Exclude<ReturnType<typeof pullRequestOf>, string>,
  name: string,
  text: string,
): Promise<string> {
  try {
    const { what, url } = await putComment(githubApi(where), where, name, text)
    return `comment ${what}: ${url}`
  } catch (error) {
    if (!(error instanceof Forbidden)) throw error
    return `no comment: this token may not comment on pull request ${where.number} of ${where.repository} (${error.message})`
  }
}

interface Told {
  text: string
  outputs: { outcome: Outcome; record: string; page: string }
  /** Why there is no record to tell of. An older comment would still say what an older run said. */
  error?: ReportError
}

async function tell(path: string, pageUrl?: string): Promise<Told> {
  const record = resolve(await recordAt(path))
  try {
    const run = await loadRecord(path)
    const page = join(dirname(record), formats.html.file)
    const outputs = { outcome: run.run.outcome, record, page: existsSync(page) ? page : '' }
    return { text: renderMarkdown(run, pageUrl === undefined ? {} : { pageUrl }), outputs }
  } catch (error) {
    if (!(error instanceof ReportError)) throw error
    const text = `### ⚠️ invalid: there is no record of this run\n\nWhat was asked could not be measured: ${escaped(error.message)}\n`
    return { text, outputs: { outcome: 'invalid', record: '', page: '' }, error }
  }
}

function marker(name: string): string {
  if (!markerName.test(name))
    throw new InvalidArgumentError('Letters, digits, dots, dashes and underscores; at most 60.')
  return name
}

function page(url: string): string {
  if (!/^https?:$/.test(URL.parse(url)?.protocol ?? '')) throw new InvalidArgumentError('It is no http(s) address.')
  return url
}

function pull(text: string): number {
  const value = number(text)
  if (!Number.isInteger(value) || Number(value) < 1) throw new InvalidArgumentError('It is a whole number from 1.')
  return Number(value)
}
