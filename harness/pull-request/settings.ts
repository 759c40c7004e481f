import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { systemReason } from '../../reports/write-file.ts'
import { parseConfig } from '../config.ts'
import { HarnessError } from '../errors.ts'

/** What GitHub tells a step about itself. Names are GitHub's own. */
const environmentSchema = z.object({
  GITHUB_API_URL: z.url({ protocol: /^https?$/ }).default('https://api.github.com'),
  /** Of GitHub Enterprise it is elsewhere than below the other. */
  GITHUB_GRAPHQL_URL: z.url({ protocol: /^https?$/ }).optional(),
  GITHUB_REPOSITORY: z
    .string()
    .regex(/^[\w.-]+\/[\w.-]+$/, 'expected owner/name')
    .optional(),
  GITHUB_TOKEN: z.string().optional(),
  GITHUB_EVENT_PATH: z.string().optional(),
})

/** Where a comment goes, and by whose leave. */
export interface PullRequest {
  apiUrl: string
  graphqlUrl: string
  /** "owner/name". */
  repository: string
  number: number
  token: string
}

type Environment = Readonly<Record<string, string | undefined>>

/** The pull request of this job; a text where there is none, or no leave to comment on it, which says what is missing. Throws HarnessError CONFIG_INVALID. */
export function pullRequestOf(environment: Environment, asked?: number): PullRequest | string {
  // A variable that is set to nothing is not set: so an action passes on an input that was left out.
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''))
  const settings = parseConfig(environmentSchema, given, 'meshmark comment: the environment')
  const { GITHUB_API_URL: apiUrl, GITHUB_REPOSITORY: repository, GITHUB_TOKEN } = settings
  const token = GITHUB_TOKEN?.trim()
  const number = asked ?? numberIn(settings.GITHUB_EVENT_PATH)
  if (number === null) return 'this job is of no pull request: --pull names one'
  if (repository === undefined) return 'GITHUB_REPOSITORY is not set: it names the repository, as owner/name'
  if (token === undefined) return 'GITHUB_TOKEN is not set'
  // What no header can hold is refused by name: others would show it with the reason.
  if (!/^[\x21-\x7e]+$/.test(token))
    throw new HarnessError(
      'CONFIG_INVALID',
      'GITHUB_TOKEN is no token: it has a space, a line break or a letter that none has',
    )
  const base = apiUrl.replace(/\/+$/, '')
  return { apiUrl: base, graphqlUrl: settings.GITHUB_GRAPHQL_URL ?? `${base}/graphql`, repository, number, token }
}

const eventSchema = z.object({ pull_request: z.object({ number: z.int().positive() }).optional() })

/** The number of the pull request that started the job; null where something else did. */
function numberIn(file: string | undefined): number | null {
  if (file === undefined) return null
  try {
    return eventSchema.parse(JSON.parse(readFileSync(file, 'utf8'))).pull_request?.number ?? null
  } catch (cause) {
    const reason = cause instanceof z.ZodError ? z.prettifyError(cause) : systemReason(cause)
    throw new HarnessError('CONFIG_INVALID', `GITHUB_EVENT_PATH, ${file}, is no event of GitHub: ${reason}`, { cause })
  }
}
