import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Forbidden, githubApi } from './api.ts'
import { markerOf, putComment } from './comment.ts'
import type { PullRequest } from './settings.ts'
import { GitHubServer } from './testing-github.ts'

const token = 'ghs_secret'
let github: GitHubServer
let pull: PullRequest
let pauses: number[]
beforeEach(async () => {
  github = new GitHubServer()
  const apiUrl = await github.start()
  pull = { apiUrl, graphqlUrl: `${apiUrl}/graphql`, repository: 'o/r', number: 7, token }
  pauses = []
})
afterEach(() => github[Symbol.asyncDispose]())

const api = () => githubApi(pull, async (ms) => void pauses.push(ms))
const put = (text = 'new') => putComment(api(), pull, 'run', text)
const bodies = () => github.comments.map(({ author, body }) => `${author}: ${body}`)
const ours = (text: string) => `${markerOf('run')}\n${text}`

describe('which comment', () => {
  test('one is made, and then updated in its place, however many others there are', async () => {
    for (let i = 0; i < 5; i++) github.add('you', `comment ${i}`)
    expect(await put('first')).toEqual({ what: 'created', url: 'https://github.example/c/6' })
    expect(await put('second')).toEqual({ what: 'updated', url: 'https://github.example/c/6' })
    expect(bodies().slice(5)).toEqual([`me: ${ours('second')}`])
    expect([...github.tokens]).toEqual([`Bearer ${token}`])
  })

  test('none that somebody else wrote, that has another name, or that quotes the marker', async () => {
    const others = [
      ['you', ours('theirs')],
      ['me', `${markerOf('other')}\nother`],
      ['me', `> ${ours('quoted')}`],
    ] as const
    for (const [author, body] of others) github.add(author, body)
    await put()
    expect(bodies()).toEqual([...others.map(([author, body]) => `${author}: ${body}`), `me: ${ours('new')}`])
  })

  test('one whose number takes more than 32 bits, beside one that is not to be seen', async () => {
    github.id = 3_600_000_000
    await put('first')
    github.instead = (request) => {
      if (request !== 'POST /graphql') return undefined
      const url = 'https://github.example/o/r/pull/7#issuecomment-3600000000'
      const nodes = [null, { url, body: ours('first'), viewerDidAuthor: true }]
      const comments = { nodes, pageInfo: { hasNextPage: false, endCursor: null } }
      return { status: 200, body: { data: { repository: { pullRequest: { comments } } } } }
    }
    expect(await put('second')).toEqual({ what: 'updated', url: 'https://github.example/c/3600000000' })
    expect(bodies()).toEqual([`me: ${ours('second')}`])
  })

  test('several at once leave one, which has what one of them says', async () => {
    const all = await Promise.all(['a', 'b', 'c', 'd'].map((text) => put(text)))
    expect(github.comments).toHaveLength(1)
    expect(['a', 'b', 'c', 'd'].map(ours)).toContain(github.comments[0]?.body)
    expect(all.map(({ what }) => what)).toContain('created')
  })

  test('one that was made though the answer was lost is not made again', async () => {
    let lost = false
    github.instead = (request) => {
      if (lost || !request.endsWith('/7/comments')) return undefined
      lost = true
      github.add('me', ours('lost'))
      return { status: 502 }
    }
    expect(await put()).toMatchObject({ what: 'updated' })
    expect(bodies()).toEqual([`me: ${ours('new')}`])
  })
})

const limited = { status: 200, body: { errors: [{ type: 'RATE_LIMITED', message: 'API rate limit exceeded' }] } }

describe('what GitHub refuses', () => {
  test.for([
    ['a fork’s token', { status: 403, body: { message: 'Resource not accessible by integration' } }],
    ['a repository that it may not see', { status: 404, body: { message: 'Not Found' } }],
  ] as const)('%s: told at once', async ([, reply]) => {
    github.instead = (request) => (request.endsWith('/7/comments') ? reply : undefined)
    await expect(put()).rejects.toThrow(Forbidden)
    expect(pauses).toEqual([])
  })

  test('a pull request that is not there, or not to be seen', async () => {
    const errors = [{ type: 'NOT_FOUND', message: 'Could not resolve to a PullRequest with the number of 7.' }]
    github.instead = () => ({ status: 200, body: { data: { repository: { pullRequest: null } }, errors } })
    await expect(put()).rejects.toThrow('Could not resolve to a PullRequest')
  })

  test.for([
    ['a server that fails', { status: 503 }, [1000, 2000, 4000], '503'],
    ['the secondary limit', { status: 403, headers: { 'retry-after': '60' } }, [60_000, 60_000, 60_000], '403'],
    ['the limit of its other API', limited, [1000, 2000, 4000], 'rate limit'],
    [
      'a limit that asks for an hour',
      { status: 429, headers: { 'retry-after': '3600' } },
      [90_000, 90_000, 90_000],
      '429',
    ],
  ] as const)('%s: tried again, so often and no more', async ([, reply, expected, status]) => {
    github.instead = () => reply
    await expect(put()).rejects.toMatchObject({ code: 'COMMENT_FAILED', message: expect.stringContaining(status) })
    expect([github.requests.length, pauses]).toEqual([4, expected])
  })

  test('and what passes is no failure', async () => {
    github.instead = () => (github.requests.length < 3 ? { status: 500 } : undefined)
    expect(await put()).toMatchObject({ what: 'created' })
  })

  test('a wrong token, a wrong request and an answer of something else end it, and no message has the token', async () => {
    for (const reply of [
      { status: 401, body: { message: 'Bad credentials' } },
      { status: 422 },
      { status: 200, body: 'hello' },
    ]) {
      github.instead = () => reply
      const error = await put().catch((thrown: Error) => thrown)
      expect(error).toMatchObject({ code: 'COMMENT_FAILED' })
      expect(JSON.stringify([error, (error as Error).stack])).not.toContain(token)
    }
    expect(pauses).toEqual([])
  })

  test('what it says is one line, and never the token', async () => {
    const message = `Bad credentials Bearer ${token}\n::error::forged`
    github.instead = () => ({ status: 401, body: { message } })
    await expect(put()).rejects.toThrow(/it answered 401: Bad credentials Bearer \*\*\* ::error::forged$/)
    github.instead = () => ({ status: 200, body: { errors: [{ type: 'NOT_FOUND', message }] } })
    await expect(put()).rejects.toThrow(/^Bad credentials Bearer \*\*\* ::error::forged$/)
  })

  test('nobody at that address', async () => {
    await github[Symbol.asyncDispose]()
    await expect(put()).rejects.toMatchObject({
      message: expect.stringMatching(/graphql failed: fetch failed.*ECONNREFUSED/),
    })
  })
})
