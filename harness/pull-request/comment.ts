import { z } from 'zod'
import { HarnessError } from '../errors.ts'
import { type Api, Forbidden, said } from './api.ts'
import type { PullRequest } from './settings.ts'

/** Begins a comment of ours, and is not shown. */
export const markerOf = (name: string) => `<!-- meshmark:${name} -->`

/** The names that a marker may have. */
export const markerName = /^[\w.-]{1,60}$/

export interface Posted {
  what: 'created' | 'updated'
  url: string
}

/**
 * Puts a text into the comment of this marker: the token's own, the oldest if there are several, or a new one. What was begun at the same time
 * elsewhere leaves one comment: whose is not the oldest takes its own back. Throws Forbidden, or HarnessError COMMENT_FAILED.
 */
export async function putComment(api: Api, pull: PullRequest, name: string, text: string): Promise<Posted> {
  const comments = `${pull.apiUrl}/repos/${pull.repository}/issues`
  const body = { body: `${markerOf(name)}\n${text}` }
  const update = async (id: number): Promise<Posted> => {
    const { html_url: url } = answer(await api.request('PATCH', `${comments}/comments/${id}`, body))
    return { what: 'updated', url: said(url, pull.token) }
  }
  const found = await ownComment(api, pull, name)
  if (found !== null) return update(found)
  const made = answer(await api.request('POST', `${comments}/${pull.number}/comments`, body))
  const oldest = await ownComment(api, pull, name)
  if (oldest === null || oldest === made.id) return { what: 'created', url: said(made.html_url, pull.token) }
  const updated = await update(oldest)
  await api.request('DELETE', `${comments}/comments/${made.id}`)
  return updated
}

const answerSchema = z.object({ id: z.int(), html_url: z.string() })
const answer = (value: unknown) => checked(answerSchema, value)

/**
 * Who wrote a comment cannot be told from a token by the other API: anybody may write a comment that has the marker. Its number is in its address:
 * `databaseId` is an Int of 32 bits, which numbers of comments have outgrown.
 */
const query = `query ($owner: String!, $name: String!, $number: Int!, $after: String) {
  repository(owner: $owner, name: $name) {
    pullRequest(number: $number) {
      comments(first: 100, after: $after) {
        nodes { url body viewerDidAuthor }
        pageInfo { hasNextPage endCursor }
      }
    }
  }
}`

const pageSchema = z.object({
  errors: z.array(z.object({ type: z.string().optional(), message: z.string() })).optional(),
  data: z
    .object({
      repository: z
        .object({
          pullRequest: z
            .object({
              comments: z.object({
                nodes: z.array(
                  z.object({ url: z.string(), body: z.string(), viewerDidAuthor: z.boolean() }).nullable(),
                ),
                pageInfo: z.object({ hasNextPage: z.boolean(), endCursor: z.string().nullable() }),
              }),
            })
            .nullable(),
        })
        .nullable(),
    })
    .nullish(),
})

/** The id of the oldest comment that the token's owner wrote and that begins with the marker; null where there is none. */
async function ownComment(
  api: Api,
  { graphqlUrl, repository, number, token }: PullRequest,
  marker: string,
): Promise<number | null> {
  const [owner, name] = repository.split('/')
  let after: string | null = null
  do {
    const value = await api.request('POST', graphqlUrl, { query, variables: { owner, name, number, after } })
    const { data, errors = [] } = checked(pageSchema, value)
    const page = data?.repository?.pullRequest?.comments
    if (!page) {
      const why = said(errors.map(({ message }) => message).join('; '), token) || `there is no pull request ${number}`
      if (errors.every(({ type }) => type === 'FORBIDDEN' || type === 'NOT_FOUND')) throw new Forbidden(why)
      throw new HarnessError('COMMENT_FAILED', `${graphqlUrl} failed: ${why}`)
    }
    const own = page.nodes.find((one) => one?.viewerDidAuthor && one.body.startsWith(markerOf(marker)))
    if (own) return numberOf(said(own.url, token))
    after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null
  } while (after !== null)
  return null
}

function numberOf(url: string): number {
  const [, digits] = /#issuecomment-(\d+)$/.exec(url) ?? []
  if (digits === undefined)
    throw new HarnessError('COMMENT_FAILED', `GitHub's answer was not understood: ${url} is no address of a comment`)
  return Number(digits)
}

function checked<T extends z.ZodType>(schema: T, value: unknown): z.output<T> {
  const { data, error } = schema.safeParse(value)
  if (error) throw new HarnessError('COMMENT_FAILED', `GitHub's answer was not understood: ${z.prettifyError(error)}`)
  return data as z.output<T>
}
